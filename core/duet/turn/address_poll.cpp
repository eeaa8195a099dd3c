// SPDX-License-Identifier: MIT
// Learns from clients at what address they reach this machine.
#include <duet/turn/address_poll.hpp>

#include <algorithm>

namespace duet::turn {

void AddressPoll::vote(const IpAddress& voter, const IpAddress& address) {
  if (address.is_unspecified() || address.is_loopback() || address.is_link_local()) return;
  const IpAddress subscriber = voter.subscriber();
  const auto at = std::find_if(votes_.begin(), votes_.end(), [&](const Vote& vote) {
    return vote.voter == subscriber && vote.address.family() == address.family();
  });
  if (at != votes_.end()) {
    at->address = address;
  } else if (votes_.size() < kMaxVoters) {
    votes_.push_back({subscriber, address});
  } else {
    votes_[oldest_] = {subscriber, address};
    oldest_ = (oldest_ + 1) % kMaxVoters;
  }
}

std::optional<IpAddress> AddressPoll::winner(IpAddress::Family family) const {
  std::optional<IpAddress> best;
  std::ptrdiff_t most = 0;
  for (const Vote& vote : votes_) {
    if (vote.address.family() != family) continue;
    const auto count = std::count_if(votes_.begin(), votes_.end(), [&](const Vote& other) {
      return other.address == vote.address;
    });
    if (count <= most) continue;
    most = count;
    best = vote.address;
  }
  return best;
}

}  // namespace duet::turn
