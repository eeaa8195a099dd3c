// SPDX-License-Identifier: MIT
// What a packet from the peer is, by its first bytes (RFC 7983 §7, RFC 5761 §4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::peer {

enum class PacketKind : std::uint8_t {
  Dtls,
  Rtp,
  Rtcp,
  Unknown  ///< STUN and ChannelData among them: those never come this far
};

inline PacketKind kind_of(std::span<const std::byte> packet) {
  if (packet.size() < 2) return PacketKind::Unknown;
  const auto first = std::to_integer<unsigned>(packet[0]);
  if (first >= 20 && first <= 63) return PacketKind::Dtls;
  if (first < 128 || first > 191) return PacketKind::Unknown;
  // RFC 5761 §4: RTCP's packet types, which as marker and payload type would be 64 to 95.
  const auto second = std::to_integer<unsigned>(packet[1]);
  return second >= 192 && second <= 223 ? PacketKind::Rtcp : PacketKind::Rtp;
}

}  // namespace duet::peer
