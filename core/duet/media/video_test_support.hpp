// SPDX-License-Identifier: MIT
// What the tests of pictures share: frames that have the form of their codec, and nothing to see.
#pragma once

#include <duet/base/random.hpp>
#include <duet/media/frame_builder.hpp>
#include <duet/media/video_packetizer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace duet::media {

/// `size` random bytes, none of them 0: so they have no start code.
inline void append_noise(std::vector<std::byte>& out, std::size_t size, Random& random) {
  const std::size_t from = out.size();
  out.resize(from + size);
  random.fill(std::span{out}.subspan(from));
  for (std::byte& b : std::span{out}.subspan(from)) {
    if (b == std::byte{0}) b = std::byte{0x55};
  }
}

inline void append_unit(std::vector<std::byte>& out, NalType type, std::size_t size,
                        Random& random) {
  for (const int b : {0, 0, 0, 1}) out.push_back(static_cast<std::byte>(b));
  out.push_back(static_cast<std::byte>(0x60u | static_cast<unsigned>(type)));
  append_noise(out, size - 1, random);
}

/// With its size; `size` is of what follows the header.
inline void append_obu(std::vector<std::byte>& out, ObuType type, std::size_t size,
                       Random& random) {
  out.push_back(static_cast<std::byte>(static_cast<unsigned>(type) << 3 | 2));
  for (std::size_t rest = size;; rest >>= 7) {
    out.push_back(static_cast<std::byte>((rest & 0x7F) | (rest >= 0x80 ? 0x80 : 0)));
    if (rest < 0x80) break;
  }
  append_noise(out, size, random);
}

/// @param size  bytes of the picture itself; parameters come on top
inline EncodedFrame make_frame(Codec codec, bool is_key, std::size_t size, Random& random) {
  EncodedFrame frame{.codec = codec, .is_key = is_key};
  switch (codec) {
    case Codec::H264:
      if (is_key) {
        append_unit(frame.bytes, NalType::SequenceParameters, 20, random);
        append_unit(frame.bytes, NalType::PictureParameters, 5, random);
      }
      append_unit(frame.bytes, is_key ? NalType::IdrSlice : NalType::Slice, size, random);
      break;
    case Codec::Av1:
      if (is_key) append_obu(frame.bytes, ObuType::SequenceHeader, 11, random);
      append_obu(frame.bytes, ObuType::Frame, size, random);
      break;
    default:
      append_noise(frame.bytes, size, random);
      // VP8's inverse key frame flag; VP9 says it in the descriptor.
      frame.bytes[0] = (frame.bytes[0] & std::byte{0xFE}) | (is_key ? std::byte{0} : std::byte{1});
      break;
  }
  return frame;
}

inline std::vector<std::vector<std::byte>> payloads_of(VideoPacketizer& packetizer,
                                                       const EncodedFrame& frame) {
  std::vector<std::vector<std::byte>> payloads;
  if (!packetizer.set_frame(frame)) return payloads;
  while (const auto payload = packetizer.poll_payload()) {
    payloads.emplace_back(payload->bytes.begin(), payload->bytes.end());
  }
  return payloads;
}

/// Nothing if they don't make a frame.
inline std::optional<std::vector<std::byte>> rebuild(
    Codec codec, const std::vector<std::vector<std::byte>>& payloads) {
  FrameBuilder builder;
  std::vector<std::byte> out;
  builder.begin(codec, out);
  for (const auto& payload : payloads) {
    const auto parsed = parse_video_payload(codec, payload);
    if (!parsed || !builder.add(parsed->data)) return std::nullopt;
  }
  if (!builder.finish()) return std::nullopt;
  return out;
}

}  // namespace duet::media
