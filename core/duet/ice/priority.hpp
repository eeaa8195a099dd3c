// SPDX-License-Identifier: MIT
// Which candidates and which pairs come first.
#pragma once

#include <duet/ice/candidate.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace duet::ice {

/// How a relayed candidate reaches its relay, or a candidate its peer.
enum class Carrier : std::uint8_t { Udp, Tcp, Tls };

/// RFC 8445 §5.1.2.1: priority = 2^24 * type + 2^8 * local + (256 - component).
/// @param type_preference   0 to 126
/// @param local_preference  0 to 65535
constexpr std::uint32_t priority_of(std::uint32_t type_preference, std::uint32_t local_preference,
                                    std::uint32_t component = 1) {
  return type_preference << 24 | local_preference << 8 | (256 - component);
}

/// RFC 8445 §5.1.2.2: 126, 110, 100 and 0. What goes over TCP comes after all that goes over UDP
/// without a relay (RFC 6544 §4.2 leaves the numbers to us), and relays that are reached by UDP
/// before those by TCP, those by TLS last.
constexpr std::uint32_t type_preference(CandidateType type, Protocol protocol,
                                        Carrier relay = Carrier::Udp) {
  const std::uint32_t tcp = protocol == Protocol::Tcp ? 40 : 0;
  switch (type) {
    case CandidateType::Host:
      return 126 - tcp;
    case CandidateType::PeerReflexive:
      return 110 - tcp;
    case CandidateType::ServerReflexive:
      return 100 - tcp;
    case CandidateType::Relay:
      return relay == Carrier::Udp ? 2 : relay == Carrier::Tcp ? 1 : 0;
  }
  return 0;
}

/// Which preference an address has among those of its kind: 13 bits, as RFC 6544 §4.2 leaves them
/// beside three for the direction. Families take turns, IPv6 first, so that neither is starved by
/// many addresses of the other (RFC 8421 §4 with as many of both).
/// @param rank    of the address among those of its family, as the owner gave them: 0 is the best
/// @param server  through which of the STUN and TURN servers it was found
constexpr std::uint32_t local_preference(IpAddress::Family family, std::uint32_t rank,
                                         std::uint32_t server, std::optional<TcpType> tcp) {
  const std::uint32_t place = 2 * rank + (family == IpAddress::Family::V4 ? 1 : 0);
  const std::uint32_t other = 8191 - std::min<std::uint32_t>(8191, place * 16 + (server & 15));
  // RFC 6544 §4.2, of host candidates. Over UDP everybody opens: the highest.
  std::uint32_t direction = 7;
  if (tcp == TcpType::Active) direction = 6;
  if (tcp == TcpType::Passive) direction = 4;
  if (tcp == TcpType::SimultaneousOpen) direction = 2;
  return direction << 13 | other;
}

/// RFC 8445 §6.1.2.3: 2^32 * MIN(G, D) + 2 * MAX(G, D) + (G > D ? 1 : 0).
/// @param controlling  G, the priority of the controlling agent's candidate, under 2^31
/// @param controlled   D
constexpr std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled) {
  const std::uint64_t low = std::min(controlling, controlled);
  const std::uint64_t high = std::max(controlling, controlled);
  return (low << 32) + 2 * high + (controlling > controlled ? 1 : 0);
}

}  // namespace duet::ice
