// SPDX-License-Identifier: MIT
// The 48-bit index of an RTP packet, of which the packet carries 16 bits.
#pragma once

#include <cstdint>
#include <optional>

namespace duet::srtp {

/// 2^16 * rollover counter + sequence number, below kMaxIndex (RFC 3711 §3.3.1).
using PacketIndex = std::uint64_t;

/// The last index that a master key may protect (RFC 3711 §9.2).
inline constexpr PacketIndex kMaxIndex = (PacketIndex{1} << 48) - 1;

/// The index nearest to the highest one so far that ends in that sequence number (RFC 3711 §3.3.1
/// and appendix A). Nothing when it would lie before the first packet or beyond the last one.
///
/// @param highest  of the packets that were believed; nothing before the first: its rollover
///                 counter is 0, so of a source that begins shortly before 65535 the first one must
///                 not be lost. Senders therefore begin below 32768.
constexpr std::optional<PacketIndex> guess_index(std::optional<PacketIndex> highest,
                                                 std::uint16_t sequence) {
  if (!highest) return sequence;
  const auto s_l = static_cast<std::uint16_t>(*highest);
  const PacketIndex roc = *highest >> 16;
  PacketIndex v = roc;
  if (s_l < 32768) {
    if (sequence - s_l > 32768) {
      if (roc == 0) return std::nullopt;
      v = roc - 1;
    }
  } else if (s_l - 32768 > sequence) {
    v = roc + 1;
  }
  const PacketIndex index = v << 16 | sequence;
  return index <= kMaxIndex ? std::optional{index} : std::nullopt;
}

}  // namespace duet::srtp
