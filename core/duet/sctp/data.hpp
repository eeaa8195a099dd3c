// SPDX-License-Identifier: MIT
// The chunks that carry, acknowledge and give up user data (RFC 9260 §3.3, RFC 8260, RFC 3758).
#pragma once

#include <duet/base/result.hpp>
#include <duet/sctp/packet.hpp>
#include <duet/sctp/types.hpp>
#include <duet/sctp/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::sctp {

inline constexpr std::uint8_t kFlagEnd = 0x01;
inline constexpr std::uint8_t kFlagBegin = 0x02;
inline constexpr std::uint8_t kFlagUnordered = 0x04;
inline constexpr std::uint8_t kFlagImmediate = 0x08;  // the I bit

inline constexpr std::size_t kDataHeaderSize = 12;  // behind the chunk header
inline constexpr std::size_t kIDataHeaderSize = 16;

/// Why a chunk was not what its type says.
enum class DataError : std::uint8_t { Truncated, NoUserData };

/// DATA or I-DATA: one fragment of a message, often all of it.
///
/// DATA (RFC 9260 §3.3.1)                    I-DATA (RFC 8260 §2.1)
/// |              TSN              |         |              TSN              |
/// |  Stream       |      SSN      |         |  Stream       |    Reserved   |
/// |              PPID             |         |              MID              |
///                                           |   PPID if B is set, else FSN  |
struct DataChunk {
  bool is_interleaved = false;  // I-DATA
  std::uint8_t flags = 0;
  Tsn tsn;
  StreamId stream;
  std::uint32_t message = 0;   // SSN or MID: which message of the stream
  std::uint32_t fragment = 0;  // FSN, I-DATA only: which fragment of the message, 0 the first
  Ppid ppid;                   // I-DATA has it in the first fragment only
  std::span<const std::byte> payload;

  bool begins() const { return (flags & kFlagBegin) != 0; }

  bool ends() const { return (flags & kFlagEnd) != 0; }

  bool is_unordered() const { return (flags & kFlagUnordered) != 0; }

  static Result<DataChunk, DataError> parse(const Chunk& chunk);

  /// Adds it to a packet that has room for it.
  void serialize(PacketWriter& out) const;
};

/// SACK (RFC 9260 §3.3.4).
struct Sack {
  /// TSNs cumulative + first .. cumulative + last have come.
  struct Gap {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
  };

  Tsn cumulative;
  std::uint32_t window = 0;
  std::span<const std::byte> gaps;        // 4 bytes each
  std::span<const std::byte> duplicates;  // 4 bytes each

  static Result<Sack, DataError> parse(std::span<const std::byte> value);

  std::size_t gap_count() const { return gaps.size() / 4; }

  Gap gap(std::size_t i) const {
    return {load16(gaps.data() + 4 * i), load16(gaps.data() + 4 * i + 2)};
  }

  std::size_t duplicate_count() const { return duplicates.size() / 4; }
};

/// FORWARD-TSN and I-FORWARD-TSN: the sender gave up everything up to here (RFC 3758 §3.2, RFC 8260
/// §2.3.1).
struct ForwardTsn {
  struct Skipped {
    StreamId stream;
    bool is_unordered = false;  // I-FORWARD-TSN only
    std::uint32_t message = 0;  // the last one given up
  };

  bool is_interleaved = false;
  Tsn cumulative;
  std::span<const std::byte> streams;  // 4 or 8 bytes each

  static Result<ForwardTsn, DataError> parse(const Chunk& chunk);

  std::size_t skipped_count() const { return streams.size() / (is_interleaved ? 8 : 4); }

  Skipped skipped(std::size_t i) const;
};

}  // namespace duet::sctp
