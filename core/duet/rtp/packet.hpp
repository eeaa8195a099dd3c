// SPDX-License-Identifier: MIT
// An RTP packet as a view into the bytes it came in.
#pragma once

#include <duet/base/result.hpp>
#include <duet/rtp/extension.hpp>
#include <duet/rtp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::rtp {

inline constexpr std::size_t kHeaderSize = 12;  // RFC 3550 §5.1, without CSRCs and extension

/// Why bytes were not an RTP packet. Each value is one rule of RFC 3550 §5.1 or §5.3.1.
enum class PacketError : std::uint8_t {
  Truncated,     ///< fewer than 12 bytes, or than the CSRCs take
  BadVersion,    ///< not version 2
  BadExtension,  ///< an extension that does not end within the packet
  BadPadding,    ///< a padding of no bytes, or of more than there are
};

/// One packet. It views the bytes it was parsed from, which must outlive it; header, extension,
/// payload and padding are known to lie within them and to follow each other.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                           timestamp                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                             SSRC                              |
///     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
///     |                        CSRC, 0 to 15 of them                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   profile of the extension    |      its length in words      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
class Packet {
 public:
  /// @param bytes  exactly one packet, unprotected
  static Result<Packet, PacketError> parse(std::span<const std::byte> bytes);

  bool marker() const { return (u8(1) & 0x80) != 0; }

  PayloadType payload_type() const { return PayloadType{static_cast<std::uint8_t>(u8(1) & 0x7F)}; }

  SequenceNumber sequence() const {
    return SequenceNumber{static_cast<std::uint16_t>(u8(2) << 8 | u8(3))};
  }

  Timestamp timestamp() const { return Timestamp{u32(4)}; }

  Ssrc ssrc() const { return Ssrc{u32(8)}; }

  std::size_t csrc_count() const { return u8(0) & 0xF; }

  /// @param index  below csrc_count()
  Ssrc csrc(std::size_t index) const { return Ssrc{u32(kHeaderSize + 4 * index)}; }

  bool has_extension() const { return (u8(0) & 0x10) != 0; }

  /// The number that names the extension's layout; 0 without one.
  std::uint16_t extension_profile() const { return profile_; }

  /// The extension's bytes without its header of four, whatever its profile; whole words.
  std::span<const std::byte> extension_data() const {
    return bytes_.subspan(header_size_ - extension_size_, extension_size_);
  }

  /// The elements, where the profile is one of RFC 8285; none otherwise.
  Extensions extensions() const;

  std::optional<std::span<const std::byte>> extension(std::uint8_t id) const {
    if (profile_ == 0) return std::nullopt;
    return extensions().find(id);
  }

  std::span<const std::byte> payload() const {
    return bytes_.subspan(header_size_, bytes_.size() - header_size_ - padding_size_);
  }

  /// With CSRCs and extension.
  std::size_t header_size() const { return header_size_; }

  /// Bytes after the payload, their count among them; 0 without padding.
  std::size_t padding_size() const { return padding_size_; }

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  Packet() = default;

  unsigned u8(std::size_t at) const { return std::to_integer<unsigned>(bytes_[at]); }

  std::uint32_t u32(std::size_t at) const {
    return u8(at) << 24 | u8(at + 1) << 16 | u8(at + 2) << 8 | u8(at + 3);
  }

  std::span<const std::byte> bytes_;
  std::size_t header_size_ = kHeaderSize;
  std::size_t extension_size_ = 0;
  std::size_t padding_size_ = 0;
  std::uint16_t profile_ = 0;
};

/// The value of an element, to be overwritten in place with one of the same size: what is known
/// only when the packet leaves, such as its transport-wide sequence number. Empty if there is none.
/// @param packet  as PacketWriter wrote it
std::span<std::byte> mutable_extension(std::span<std::byte> packet, std::uint8_t id);

}  // namespace duet::rtp
