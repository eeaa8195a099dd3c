// SPDX-License-Identifier: MIT
// A host and a port, as URIs and Host headers have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet {

/// By which name a server is reached (RFC 3986 §3.2, without user information).
struct Authority {
  std::string host;  ///< name, IPv4, or IPv6 without its brackets
  std::uint16_t port = 0;

  /// HOST, HOST:PORT, [V6] or [V6]:PORT. Nothing for anything else, and for port 0.
  /// @param default_port  where none is written
  static std::optional<Authority> parse(std::string_view text, std::uint16_t default_port);

  /// The port always named.
  std::string to_string() const;

  friend bool operator==(const Authority&, const Authority&) = default;
};

}  // namespace duet
