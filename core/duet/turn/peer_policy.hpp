// SPDX-License-Identifier: MIT
// Which addresses a relay may send to.
#pragma once

#include <duet/base/address.hpp>

#include <vector>

namespace duet::turn {

/// A relay must not become a way into the network that it stands in (RFC 8656 §21.3). Refused are
/// loopback, private, link-local (cloud metadata with it), carrier-grade NAT, multicast, broadcast
/// and reserved addresses, every IPv6 form that hides an IPv4 address in itself, and this host's
/// own addresses; what the operator allows overrides all of that.
class PeerPolicy {
 public:
  explicit PeerPolicy(std::vector<IpPrefix> allowed = {}) : allowed_{std::move(allowed)} {}

  /// This host's own addresses, which change while it runs. None at all are what a system without a
  /// descriptor left says: then the last ones hold, so that nobody gets at them by using those up.
  void set_own_addresses(std::vector<IpAddress> own) {
    if (!own.empty()) own_ = std::move(own);
  }

  bool allows(const IpAddress& peer) const;

  /// Whether the operator named it.
  bool is_overridden(const IpAddress& peer) const;

 private:
  std::vector<IpPrefix> allowed_;
  std::vector<IpAddress> own_;
};

}  // namespace duet::turn
