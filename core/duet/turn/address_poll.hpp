// SPDX-License-Identifier: MIT
// Learns from clients at what address they reach this machine.
#pragma once

#include <duet/base/address.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace duet::turn {

/// Behind a NAT or in a container a machine does not see its outer address, but its clients name it
/// when they call. Each network has one vote, its latest; the address with most votes holds, so
/// that nobody alone can turn it against many. The first vote counts alone until others come.
///
/// A network is an IPv4 /24 or an IPv6 /48, which is what one site may be given (RFC 6177 §2): one
/// vote for each address or /64 would give one voter hundreds, enough to push all others out.
class AddressPoll {
 public:
  /// `voter` called this machine `address`. Passed over are addresses that nobody could call it,
  /// and those of the other family, at which it can't have come.
  void vote(const IpAddress& voter, const IpAddress& address);

  std::optional<IpAddress> winner(IpAddress::Family family) const;

  /// More networks than this push out the oldest.
  static constexpr std::size_t kMaxVoters = 256;

 private:
  struct Vote {
    IpAddress network;
    IpAddress address;
  };

  std::vector<Vote> votes_;
  std::size_t oldest_ = 0;  // once there are kMaxVoters
};

}  // namespace duet::turn
