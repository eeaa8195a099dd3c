// SPDX-License-Identifier: MIT
// AV1 in RTP (RTP Payload Format For AV1, version 1.0).
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/media/video_payload.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::media {

/// obu_type (AV1 bitstream §6.2.2).
enum class ObuType : std::uint8_t {
  SequenceHeader = 1,
  TemporalDelimiter = 2,
  FrameHeader = 3,
  TileGroup = 4,
  Metadata = 5,
  Frame = 6,
  TileList = 8,
  Padding = 15,
};

/// One OBU as views: its header of 1 or 2 bytes, and what follows the size.
struct Obu {
  std::span<const std::byte> header;
  std::span<const std::byte> payload;

  ObuType type() const {
    return static_cast<ObuType>(std::to_integer<unsigned>(header[0]) >> 3 & 0xF);
  }

  /// The next one of a stream in which each has its size, as EncodedFrame has them; or the only one
  /// of `in`, which then needs none.
  static Result<Obu, PayloadError> parse(ByteReader& in);
};

/// AV1 bitstream §4.10.5. Nothing past the end, or for more than 32 bits.
std::optional<std::uint32_t> read_leb128(ByteReader& in);

Result<VideoPayload, PayloadError> parse_av1(std::span<const std::byte> payload);

/// Cuts frames into payloads; see VideoPacketizer. Temporal delimiters and tile lists stay behind
/// (AV1 RTP §5).
class Av1Packetizer {
 public:
  bool begin(std::span<const std::byte> frame, bool is_key);

  std::size_t write(std::span<std::byte> out);

  bool done() const { return next_ == obus_.size(); }

 private:
  std::size_t left() const;

  std::vector<Obu> obus_;
  std::size_t next_ = 0;
  std::size_t offset_ = 0;  // in the next one, its header included
  bool begins_sequence_ = false;
};

/// Puts frames together; see FrameBuilder.
class Av1Builder {
 public:
  void begin();

  bool add(std::span<const std::byte> data, std::vector<std::byte>& out);

  bool finish() const { return !is_open_; }

 private:
  bool flush(std::vector<std::byte>& out);

  std::vector<std::byte> obu_;  // of which more is to come
  bool is_open_ = false;
};

}  // namespace duet::media
