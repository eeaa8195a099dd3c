// SPDX-License-Identifier: MIT
// H.264 in RTP (RFC 6184).
#pragma once

#include <duet/media/video_payload.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace duet::media {

/// nal_unit_type, and the kinds of packets that RFC 6184 §5.2 adds.
enum class NalType : std::uint8_t {
  Slice = 1,
  IdrSlice = 5,
  SequenceParameters = 7,
  PictureParameters = 8,
  Delimiter = 9,
  StapA = 24,
  FuA = 28,
};

constexpr NalType nal_type(std::byte first) {
  return static_cast<NalType>(std::to_integer<unsigned>(first) & 0x1F);
}

/// Cuts a byte stream at its start codes (H.264 annex B). Empty units are left out.
/// @param units  replaced; views of `stream`
void split_annex_b(std::span<const std::byte> stream,
                   std::vector<std::span<const std::byte>>& units);

/// Takes single units, STAP-A and FU-A: what packetization modes 0 and 1 know.
Result<VideoPayload, PayloadError> parse_h264(std::span<const std::byte> payload);

enum class PacketizationMode : std::uint8_t {
  SingleNalUnit,   ///< 0: a unit is a packet
  NonInterleaved,  ///< 1: small units together, large ones in fragments
};

/// Cuts frames into payloads; see VideoPacketizer. Units of types that only RTP knows are left out.
class H264Packetizer {
 public:
  H264Packetizer(PacketizationMode mode, std::size_t max_payload)
      : mode_{mode}, max_payload_{max_payload} {}

  bool begin(std::span<const std::byte> frame, bool is_key);

  std::size_t write(std::span<std::byte> out);

  bool done() const { return next_ == units_.size(); }

 private:
  std::size_t write_fragment(std::span<std::byte> out);
  std::size_t units_that_fit() const;

  PacketizationMode mode_;
  std::size_t max_payload_;
  std::vector<std::span<const std::byte>> units_;
  std::size_t next_ = 0;
  std::size_t offset_ = 0;  // in the unit that goes in fragments
};

/// Puts frames together; see FrameBuilder.
class H264Builder {
 public:
  void begin() { in_fragment_ = false; }

  bool add(std::span<const std::byte> data, std::vector<std::byte>& out);

  bool finish() const { return !in_fragment_; }

 private:
  bool add_fragment(std::span<const std::byte> data, std::vector<std::byte>& out);

  bool in_fragment_ = false;
};

}  // namespace duet::media
