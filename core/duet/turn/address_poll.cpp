// SPDX-License-Identifier: MIT
// Learns from clients at what address they reach this machine.
#include <duet/turn/address_poll.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace duet::turn {

namespace {

/// Whose vote it is, the rest of the address being zero.
IpAddress network_of(const IpAddress& voter) {
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t kept = voter.is_v4() ? 3 : 6;
  std::copy_n(voter.bytes().begin(), kept, bytes.begin());
  if (voter.is_v4()) return IpAddress::v4({bytes[0], bytes[1], bytes[2], 0});
  return IpAddress::v6(bytes);
}

}  // namespace

void AddressPoll::vote(const IpAddress& voter, const IpAddress& address) {
  if (address.is_unspecified() || address.is_loopback() || address.is_link_local()) return;
  if (voter.family() != address.family()) return;
  const IpAddress network = network_of(voter);
  const auto at = std::find_if(votes_.begin(), votes_.end(),
                               [&](const Vote& vote) { return vote.network == network; });
  if (at != votes_.end()) {
    at->address = address;
  } else if (votes_.size() < kMaxVoters) {
    votes_.push_back({network, address});
  } else {
    votes_[oldest_] = {network, address};
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
