// SPDX-License-Identifier: MIT
// Frames of pictures as RTP payloads.
#pragma once

#include <duet/media/av1.hpp>
#include <duet/media/encoded_frame.hpp>
#include <duet/media/h264.hpp>
#include <duet/media/vp8.hpp>
#include <duet/media/vp9.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace duet::media {

struct VideoPacketizerOptions {
  Codec codec = Codec::Vp8;        ///< one of pictures
  std::size_t max_payload = 1200;  ///< bytes, at least 64
  PacketizationMode h264_mode = PacketizationMode::NonInterleaved;
  std::uint16_t first_picture_id = 0;  ///< the first frame's is one more; of VP8 and VP9
};

/// Cuts frame after frame of one stream into payloads of about one size. It allocates nothing for a
/// payload, and for a frame only where it has more parts than any before.
class VideoPacketizer {
 public:
  struct Payload {
    std::span<const std::byte> bytes;  ///< valid until the next call
    bool marker = false;               ///< the frame's last one
  };

  explicit VideoPacketizer(const VideoPacketizerOptions& options);

  /// Begins a frame; what was left of the one before is forgotten.
  /// @param frame  keeps its place and its bytes until the last payload is polled
  /// @return false if it can't be sent: it is empty, not of the codec, or has a NAL unit of over
  ///         max_payload bytes where only single ones may go
  [[nodiscard]] bool set_frame(const EncodedFrame& frame);

  std::optional<Payload> poll_payload();

  Codec codec() const { return codec_; }

 private:
  using Any = std::variant<Vp8Packetizer, Vp9Packetizer, H264Packetizer, Av1Packetizer>;
  static Any make(const VideoPacketizerOptions& options);

  Codec codec_;
  std::vector<std::byte> buffer_;
  Any packetizer_;
  bool is_open_ = false;
};

}  // namespace duet::media
