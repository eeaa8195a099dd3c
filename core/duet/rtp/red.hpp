// SPDX-License-Identifier: MIT
// Redundancy in the packets themselves: several blocks in one (RED), and parity of others (ULPFEC).
#pragma once

#include <duet/base/result.hpp>
#include <duet/rtp/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::rtp {

enum class RedundancyError : std::uint8_t {
  Truncated,  ///< a header or a block that does not end within the payload
  TooMany,    ///< more blocks than kMaxRedBlocks
};

/// One block (RFC 2198 §3). The last of a packet is the primary, with the packet's own timestamp.
struct RedBlock {
  PayloadType payload_type;
  Timestamp timestamp;
  std::span<const std::byte> data;
};

/// The most blocks that a packet has a use for: browsers send up to nine of sound with one primary.
inline constexpr std::size_t kMaxRedBlocks = 16;

/// The blocks of one packet, oldest first, as views; at least the primary.
class Red {
 public:
  /// @param timestamp  of the packet
  static Result<Red, RedundancyError> parse(Timestamp timestamp,
                                            std::span<const std::byte> payload);

  std::span<const RedBlock> blocks() const { return std::span{blocks_}.first(count_); }

  const RedBlock& primary() const { return blocks_[count_ - 1]; }

 private:
  std::array<RedBlock, kMaxRedBlocks> blocks_{};
  std::size_t count_ = 0;
};

/// @param blocks  oldest first, the primary last. Others that are too old (over 16,383 ticks) or
///                too long (over 1,023 bytes) for their header are left out
/// @return the payload, in `out`; empty if it doesn't fit
std::span<std::byte> write_red(std::span<const RedBlock> blocks, std::span<std::byte> out);

/// The headers of a parity packet (RFC 5109 §7.3, §7.4), level 0. Duet doesn't repair with it; what
/// it says is read so that it can be ignored knowingly.
struct UlpfecHeader {
  SequenceNumber base;     ///< the first packet that it may protect
  std::uint64_t mask = 0;  ///< the highest of 48 bits is `base`, the next one its successor
  std::uint16_t protected_size = 0;
  std::span<const std::byte> parity;  ///< as many bytes, known to lie within the payload

  static Result<UlpfecHeader, RedundancyError> parse(std::span<const std::byte> payload);

  bool protects(SequenceNumber number) const {
    const int offset = distance(base, number);
    return offset >= 0 && offset < 48 && (mask >> (47 - offset) & 1) != 0;
  }
};

}  // namespace duet::rtp
