// SPDX-License-Identifier: MIT
// An SCTP packet: the common header and the chunks in it, as views (RFC 9260 §3).
#pragma once

#include <duet/base/result.hpp>
#include <duet/sctp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::sctp {

enum class ChunkType : std::uint8_t {
  Data = 0,
  Init = 1,
  InitAck = 2,
  Sack = 3,
  Heartbeat = 4,
  HeartbeatAck = 5,
  Abort = 6,
  Shutdown = 7,
  ShutdownAck = 8,
  Error = 9,
  CookieEcho = 10,
  CookieAck = 11,
  ShutdownComplete = 14,
  IData = 64,         // RFC 8260 §2.1
  ReConfig = 130,     // RFC 6525 §3.1
  Pad = 132,          // RFC 4820 §3
  ForwardTsn = 192,   // RFC 3758 §3.2
  IForwardTsn = 194,  // RFC 8260 §2.3.1
};

/// What to do with a chunk or parameter that isn't known: its two highest bits say it (RFC 9260
/// §3.2, §3.2.1).
struct UnknownRule {
  bool skip = false;    // go on behind it; otherwise what follows is not looked at
  bool report = false;  // tell the sender

  static constexpr UnknownRule of_chunk(std::uint8_t type) {
    return {(type & 0x80) != 0, (type & 0x40) != 0};
  }

  static constexpr UnknownRule of_parameter(std::uint16_t type) {
    return {(type & 0x8000) != 0, (type & 0x4000) != 0};
  }
};

inline constexpr std::size_t kPacketHeaderSize = 12;
inline constexpr std::size_t kChunkHeaderSize = 4;

struct Chunk {
  ChunkType type{};
  std::uint8_t flags = 0;
  std::span<const std::byte> value;  // without header and padding

  bool flag(std::uint8_t bit) const { return (flags & bit) != 0; }
};

/// Goes through the chunks of a packet.
class ChunkReader {
 public:
  explicit ChunkReader(std::span<const std::byte> chunks) : rest_{chunks} {}

  /// Nothing at the end, and from the first chunk on whose length is less than its header or more
  /// than what is left.
  std::optional<Chunk> next();

  /// Whether there was no such chunk so far.
  bool ok() const { return ok_; }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

/// Why bytes were not a packet for us.
enum class PacketError : std::uint8_t { Truncated, BadChecksum };

/// Which checksums are believed.
enum class ChecksumRule : std::uint8_t {
  Crc32c,
  Crc32cOrZero,  // DTLS below has checked every byte, and we told the peer so (RFC 9653 §5.3)
};

///  0                   1                   2                   3
/// |      Source Port Number       |    Destination Port Number    |
/// |                       Verification Tag                        |
/// |                           Checksum                            |
struct Packet {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  VerificationTag tag;
  std::span<const std::byte> chunks;  // at least one chunk header

  static Result<Packet, PacketError> parse(std::span<const std::byte> bytes, ChecksumRule rule);
};

/// Writes one packet into memory of the caller's.
class PacketWriter {
 public:
  /// @param buffer  the largest packet wanted; at least the common header and one chunk header
  PacketWriter(std::span<std::byte> buffer, std::uint16_t source_port,
               std::uint16_t destination_port, VerificationTag tag);

  /// The longest value that one more chunk can have; 0 also where not even a header has room.
  std::size_t room() const;

  bool fits(std::size_t value_size) const {
    return size_ + kChunkHeaderSize + value_size <= buffer_.size();
  }

  /// Adds a chunk and gives back where its value goes; the caller writes all of it. It must fit.
  std::span<std::byte> add(ChunkType type, std::uint8_t flags, std::size_t value_size);
  void add(ChunkType type, std::uint8_t flags, std::span<const std::byte> value);

  bool empty() const { return size_ == kPacketHeaderSize; }

  std::size_t size() const { return size_; }

  /// The packet. With `ChecksumRule::Crc32cOrZero` its checksum is left zero.
  std::span<const std::byte> finish(ChecksumRule rule);

 private:
  std::span<std::byte> buffer_;
  std::size_t size_ = kPacketHeaderSize;
};

}  // namespace duet::sctp
