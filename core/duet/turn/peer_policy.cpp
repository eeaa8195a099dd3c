// SPDX-License-Identifier: MIT
// Which addresses a relay may send to.
#include <duet/turn/peer_policy.hpp>

#include <algorithm>
#include <array>

namespace duet::turn {
namespace {

constexpr IpPrefix v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, int length) {
  return {IpAddress::v4({a, b, c, d}), length};
}

constexpr IpPrefix v6(std::array<std::uint8_t, 16> bytes, int length) {
  return {IpAddress::v6(bytes), length};
}

constexpr std::array kForbiddenV4 = {
    v4(0, 0, 0, 0, 8),       // "this host" (RFC 1122 §3.2.1.3): reaches loopback on Linux
    v4(10, 0, 0, 0, 8),      // RFC 1918
    v4(100, 64, 0, 0, 10),   // RFC 6598
    v4(127, 0, 0, 0, 8),     // RFC 1122 §3.2.1.3
    v4(169, 254, 0, 0, 16),  // RFC 3927; 169.254.169.254 gives out a cloud machine's secrets
    v4(172, 16, 0, 0, 12),   // RFC 1918
    v4(192, 168, 0, 0, 16),  // RFC 1918
    v4(224, 0, 0, 0, 4),     // RFC 5771
    v4(240, 0, 0, 0, 4),     // RFC 1112 §4, 255.255.255.255 with it
};

constexpr std::array kForbiddenV6 = {
    v6({}, 96),  // ::, ::1, and IPv4-compatible addresses (RFC 4291 §2.5)
    v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96),  // IPv4-mapped (RFC 4291 §2.5.5.2)
    v6({0, 0x64, 0xff, 0x9b}, 96),                       // NAT64 (RFC 6052 §2.1)
    v6({0, 0x64, 0xff, 0x9b, 0, 1}, 48),                 // local NAT64 (RFC 8215)
    v6({0x20, 0x01}, 32),                                // Teredo (RFC 4380)
    v6({0x20, 0x02}, 16),                                // 6to4 (RFC 3056)
    v6({0xfc}, 7),                                       // RFC 4193
    v6({0xfe, 0x80}, 10),                                // RFC 4291 §2.5.6
    v6({0xfe, 0xc0}, 10),                                // site-local (RFC 3879)
    v6({0xff}, 8),                                       // multicast (RFC 4291 §2.7)
};

template <class Prefixes>
bool any_contains(const Prefixes& prefixes, const IpAddress& address) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

}  // namespace

bool PeerPolicy::is_overridden(const IpAddress& peer) const { return any_contains(allowed_, peer); }

bool PeerPolicy::allows(const IpAddress& peer) const {
  if (is_overridden(peer)) return true;
  if (peer.is_v4() ? any_contains(kForbiddenV4, peer) : any_contains(kForbiddenV6, peer)) {
    return false;
  }
  return std::find(own_.begin(), own_.end(), peer) == own_.end();
}

}  // namespace duet::turn
