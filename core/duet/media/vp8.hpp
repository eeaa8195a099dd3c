// SPDX-License-Identifier: MIT
// VP8 in RTP (RFC 7741).
#pragma once

#include <duet/media/chunk.hpp>
#include <duet/media/video_payload.hpp>
#include <duet/rtp/byte_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::media {

/// What stands before the codec's bytes (RFC 7741 §4.2).
///
///          0 1 2 3 4 5 6 7
///         +-+-+-+-+-+-+-+-+
///         |X|R|N|S|R| PID |
///         +-+-+-+-+-+-+-+-+
///     X:  |I|L|T|K| RSV   |
///         +-+-+-+-+-+-+-+-+
///     I:  |M| PictureID   |
///         +-+-+-+-+-+-+-+-+
///     M:  |   PictureID   |
///         +-+-+-+-+-+-+-+-+
///     L:  |   TL0PICIDX   |
///         +-+-+-+-+-+-+-+-+
///     T/K:|TID|Y| KEYIDX  |
///         +-+-+-+-+-+-+-+-+
struct Vp8Descriptor {
  struct Temporal {
    std::uint8_t id = 0;     // 2 bits
    bool is_synced = false;  // Y
    friend bool operator==(const Temporal&, const Temporal&) = default;
  };

  bool is_discardable = false;    // N
  bool begins_partition = false;  // S
  std::uint8_t partition = 0;     // 3 bits
  std::optional<std::uint16_t> picture_id = {};
  bool has_long_picture_id = false;  // M
  std::optional<std::uint8_t> base_index = {};
  std::optional<Temporal> temporal = {};
  std::optional<std::uint8_t> key_index = {};  // 5 bits

  static Result<Vp8Descriptor, PayloadError> parse(ByteReader& in);
  void write(rtp::ByteWriter& out) const;

  friend bool operator==(const Vp8Descriptor&, const Vp8Descriptor&) = default;
};

Result<VideoPayload, PayloadError> parse_vp8(std::span<const std::byte> payload);

/// Cuts frames into payloads; see VideoPacketizer.
class Vp8Packetizer {
 public:
  explicit Vp8Packetizer(std::uint16_t first_picture_id) : picture_id_{first_picture_id} {}

  bool begin(std::span<const std::byte> frame, bool is_key);

  std::size_t write(std::span<std::byte> out);

  bool done() const { return frame_.done(); }

 private:
  CutFrame frame_;
  std::uint16_t picture_id_ = 0;  // of the next frame
};

}  // namespace duet::media
