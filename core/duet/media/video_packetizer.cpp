// SPDX-License-Identifier: MIT
// Frames of pictures as RTP payloads.
#include <duet/base/check.hpp>
#include <duet/media/video_packetizer.hpp>

namespace duet::media {

VideoPacketizer::Any VideoPacketizer::make(const VideoPacketizerOptions& options) {
  switch (options.codec) {
    case Codec::Vp9:
      return Vp9Packetizer{options.first_picture_id};
    case Codec::H264:
      return H264Packetizer{options.h264_mode, options.max_payload};
    case Codec::Av1:
      return Av1Packetizer{};
    default:
      return Vp8Packetizer{options.first_picture_id};
  }
}

VideoPacketizer::VideoPacketizer(const VideoPacketizerOptions& options)
    : codec_{options.codec}, buffer_(options.max_payload), packetizer_{make(options)} {
  constexpr std::size_t kLeastPayload = 64;
  DUET_CHECK(is_video(options.codec) && options.max_payload >= kLeastPayload);
}

bool VideoPacketizer::set_frame(const EncodedFrame& frame) {
  is_open_ =
      frame.codec == codec_ &&
      std::visit([&](auto& each) { return each.begin(frame.bytes, frame.is_key); }, packetizer_);
  return is_open_;
}

std::optional<VideoPacketizer::Payload> VideoPacketizer::poll_payload() {
  if (!is_open_) return std::nullopt;
  const std::size_t size = std::visit([&](auto& each) { return each.write(buffer_); }, packetizer_);
  is_open_ = !std::visit([](const auto& each) { return each.done(); }, packetizer_);
  return Payload{.bytes = std::span{buffer_}.first(size), .marker = !is_open_};
}

}  // namespace duet::media
