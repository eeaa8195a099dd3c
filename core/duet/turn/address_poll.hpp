// SPDX-License-Identifier: MIT
// Learns from clients at what address they reach this machine.
#pragma once

#include <duet/base/address.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace duet::turn {

/// Behind a NAT or in a container a machine does not see its outer address, but its clients name it
/// when they call. Each subscriber has one vote, its latest; the address with most votes holds, so
/// that nobody alone can turn it against many. The first vote counts alone until others come.
class AddressPoll {
 public:
  /// `voter` called this machine `address`. Addresses that nobody could call it are passed over.
  void vote(const IpAddress& voter, const IpAddress& address);

  std::optional<IpAddress> winner(IpAddress::Family family) const;

  /// More voters than this push out the oldest.
  static constexpr std::size_t kMaxVoters = 256;

 private:
  struct Vote {
    IpAddress voter;
    IpAddress address;
  };

  std::vector<Vote> votes_;
  std::size_t oldest_ = 0;  // once there are kMaxVoters
};

}  // namespace duet::turn
