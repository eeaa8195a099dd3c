// SPDX-License-Identifier: MIT
// stun: and turn: URIs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::stun {

/// Where a STUN or TURN server is, and how to reach it (RFC 7064, RFC 7065).
struct Uri {
  enum class Scheme : std::uint8_t { Stun, Stuns, Turn, Turns };
  enum class Transport : std::uint8_t { Udp, Tcp };

  Scheme scheme = Scheme::Stun;
  std::string host;  // name, IPv4, or IPv6 without its brackets
  std::uint16_t port = 0;
  Transport transport = Transport::Udp;

  bool is_secure() const { return scheme == Scheme::Stuns || scheme == Scheme::Turns; }

  /// Nothing for anything else, for other parameters than `?transport=udp` or `tcp`, which only
  /// turn and turns have, and for "turns over UDP", which is DTLS and not spoken here. Without a
  /// port it is 3478, secure 5349; without a transport it is UDP, secure TCP.
  static std::optional<Uri> parse(std::string_view text);

  /// As RFC 7065 §3.1 writes it, port and, for turn, transport always named.
  std::string to_string() const;

  friend bool operator==(const Uri&, const Uri&) = default;
};

}  // namespace duet::stun
