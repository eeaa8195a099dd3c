// SPDX-License-Identifier: MIT
// Where a server listens, as people write it.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/result.hpp>
#include <duet/config/sentences.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::config {

/// "2022", ":2022" and "[::]:2022" mean every address of this machine; "127.0.0.1:2022" and
/// "[::1]:2022" mean that one. Port 0 lets the system choose.
struct ListenAddress {
  /// Nothing: every address, IPv6 and IPv4 by one socket; where there is no IPv6, 0.0.0.0.
  std::optional<IpAddress> address;
  std::uint16_t port = 0;

  static Result<ListenAddress, Sentence> parse(std::string_view text);

  /// With an address always: "[::]:2022" for every address.
  std::string to_string() const;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

}  // namespace duet::config
