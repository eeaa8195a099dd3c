// SPDX-License-Identifier: MIT
// Permissions and channels of one allocation.
#include <duet/turn/allocation.hpp>

#include <algorithm>

namespace duet::turn {

bool Permissions::has(Instant now, const IpAddress& peer) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), peer,
                                   [](const Entry& e, const IpAddress& p) { return e.peer < p; });
  return at != entries_.end() && at->peer == peer && at->expiry > now;
}

bool Permissions::install(Instant now, const IpAddress& peer) {
  const auto find = [&] {
    return std::lower_bound(entries_.begin(), entries_.end(), peer,
                            [](const Entry& e, const IpAddress& p) { return e.peer < p; });
  };
  auto at = find();
  if (at != entries_.end() && at->peer == peer) {
    at->expiry = now + kPermissionLifetime;
    return true;
  }
  if (entries_.size() >= kMaxPermissions) {
    purge(now);
    at = find();
  }
  if (entries_.size() >= kMaxPermissions) return false;
  entries_.insert(at, {peer, now + kPermissionLifetime});
  return true;
}

bool Permissions::has_room(Instant now, std::size_t count) {
  if (entries_.size() + count > kMaxPermissions) purge(now);
  return entries_.size() + count <= kMaxPermissions;
}

void Permissions::remove(IpAddress::Family family) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.peer.family() == family; });
}

void Permissions::purge(Instant now) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.expiry <= now; });
}

Channel* Channels::find(Instant now, std::uint16_t number) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), number,
                                   [](const Channel& c, std::uint16_t n) { return c.number < n; });
  return at != entries_.end() && at->number == number && at->expiry > now ? &*at : nullptr;
}

const Channel* Channels::find(Instant now, const Endpoint& peer) const {
  for (const Channel& channel : entries_) {
    if (channel.peer == peer && channel.expiry > now) return &channel;
  }
  return nullptr;
}

Channels::Bound Channels::check(Instant now, std::uint16_t number, const Endpoint& peer) {
  const Channel* of_number = find(now, number);
  const Channel* of_peer = find(now, peer);
  if (of_number != of_peer) return Bound::Conflict;
  if (of_number != nullptr) return Bound::Yes;
  std::erase_if(entries_, [&](const Channel& channel) { return channel.expiry <= now; });
  return entries_.size() < kMaxChannels ? Bound::Yes : Bound::Full;
}

void Channels::bind(Instant now, std::uint16_t number, const Endpoint& peer) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), number,
                                   [](const Channel& c, std::uint16_t n) { return c.number < n; });
  const Instant expiry = now + kChannelLifetime;
  if (at != entries_.end() && at->number == number) {
    *at = {number, peer, expiry, at->peer == peer ? at->relay : RelayId{}};
    return;
  }
  entries_.insert(at, {number, peer, expiry, {}});
}

void Channels::remove(IpAddress::Family family) {
  std::erase_if(entries_, [&](const Channel& c) { return c.peer.address.family() == family; });
}

}  // namespace duet::turn
