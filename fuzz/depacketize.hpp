// SPDX-License-Identifier: MIT
// What holds for every payload format of pictures, whatever the bytes.
#pragma once

#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/media/frame_builder.hpp>
#include <duet/media/video_packetizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace duet::fuzz {

/// What was put together can be cut, and what was cut is put together to the same.
inline void check_frame_goes_round(const media::EncodedFrame& frame, std::size_t max_payload) {
  media::VideoPacketizer packetizer{{.codec = frame.codec, .max_payload = max_payload}};
  if (!packetizer.set_frame(frame)) return;
  media::FrameBuilder builder;
  std::vector<std::byte> again;
  builder.begin(frame.codec, again);
  bool is_first = true;
  bool ended = false;
  while (const auto payload = packetizer.poll_payload()) {
    DUET_CHECK(!ended && !payload->bytes.empty() && payload->bytes.size() <= max_payload);
    ended = payload->marker;
    const auto parsed = media::parse_video_payload(frame.codec, payload->bytes);
    DUET_CHECK(parsed && builder.add(parsed->data));
    if (frame.codec == media::Codec::Vp8) {
      DUET_CHECK(parsed->begins_frame == is_first);
    }
    is_first = false;
  }
  DUET_CHECK(ended && builder.finish());
  media::EncodedFrame rebuilt{.codec = frame.codec, .is_key = frame.is_key, .bytes = again};
  if (frame.codec == media::Codec::Vp8 || frame.codec == media::Codec::Vp9) {
    DUET_CHECK(again == frame.bytes);
    return;
  }
  // Start codes and sizes may have been written in another way; now they are as we write them.
  DUET_CHECK(packetizer.set_frame(rebuilt));
  std::vector<std::byte> third;
  builder.begin(frame.codec, third);
  while (const auto payload = packetizer.poll_payload()) {
    DUET_CHECK(builder.add(media::parse_video_payload(frame.codec, payload->bytes)->data));
  }
  DUET_CHECK(builder.finish() && third == again);
}

/// The bytes as payloads of one frame, and as a frame.
inline void check_payloads(media::Codec codec, const std::uint8_t* data, std::size_t size) {
  Input in{data, size};
  const std::uint8_t choice = in.next();
  const std::size_t max_payload = 64 + choice % 64;
  media::FrameBuilder builder;
  media::EncodedFrame frame{.codec = codec, .is_key = (choice & 0x80) != 0};
  if ((choice & 0x40) != 0) {
    frame.bytes = in.take(size);
    return check_frame_goes_round(frame, max_payload);
  }
  builder.begin(codec, frame.bytes);
  std::size_t taken = 0;
  bool is_whole = true;
  while (!in.empty()) {
    const auto payload = in.take(in.next());
    const auto parsed = media::parse_video_payload(codec, payload);
    if (!parsed) continue;
    DUET_CHECK(!parsed->data.empty());
    DUET_CHECK(parsed->data.data() >= payload.data() &&
               parsed->data.data() + parsed->data.size() == payload.data() + payload.size());
    taken += parsed->data.size();
    is_whole = builder.add(parsed->data) && is_whole;
    DUET_CHECK(frame.bytes.size() <= 5 * taken);
  }
  if (builder.finish() && is_whole) check_frame_goes_round(frame, max_payload);
}

}  // namespace duet::fuzz
