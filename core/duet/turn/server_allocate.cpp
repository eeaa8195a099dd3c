// SPDX-License-Identifier: MIT
// Allocate: relayed addresses for a client (RFC 8656 §7).
#include <duet/base/bytes.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/turn/server.hpp>

#include <algorithm>
#include <numeric>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using Family = IpAddress::Family;

constexpr Duration kReservationLifetime = 30s;   // RFC 8656 §7.2: at least
constexpr std::uint8_t kMaxAttempts = 64;        // ports that turned out to be taken
constexpr std::uint32_t kMaxProbes = 4096;       // of our own table, for a port that is free
constexpr PortRange kMemoryPorts{49152, 65535};  // RFC 8656 §7.2; they open nothing
/// What coturn's clients write for AdditionalAddressFamily: the number of the drafts before RFC
/// 8656, given to nothing else since.
constexpr auto kDraftAdditionalFamily = static_cast<AttributeType>(0x8032);

std::size_t index_of(Family family) { return family == Family::V4 ? 0 : 1; }

/// A step that comes by every one of `count` ports, and soon leaves a block of them.
std::uint32_t stride_of(std::uint32_t count) {
  std::uint32_t stride = count * 5 / 8 + 1;
  while (std::gcd(stride, count) != 1) ++stride;
  return stride;
}

}  // namespace

void Server::handle_allocate(Request& request) {
  if (request.allocation != nullptr) {
    Allocation& allocation = *request.allocation;
    // RFC 8656 §7.2: a retransmission gets the same answer.
    if (allocation.allocate_id == request.message.id() &&
        allocation.username == request.auth->username) {
      if (allocation.announced) send_allocated(request.now, request.id, allocation);
      return;
    }
    return send_error(request, ErrorCode::AllocationMismatch, Reason::AllocationMismatch);
  }
  const auto wanted = parse_wanted(request);
  if (!wanted) return;
  const std::uint64_t user = hash_(Credentials::user_of(request.auth->username));
  if (!within_quota(request, user)) return;

  const AllocationId id = allocations_.insert();
  Allocation& allocation = *allocations_.find(id);
  allocation.path = request.path;
  allocation.username = request.auth->username;
  allocation.key = request.auth->key;
  allocation.algorithm = request.auth->algorithm;
  allocation.made = request.now;
  allocation.expiry = request.now + lifetime_of(request.message);
  allocation.user = user;
  allocation.source = request.path.client.address.subscriber();
  allocation.allocate_id = request.message.id();
  allocation.additional_error = wanted->additional_error;
  allocation.wants_v4 = wanted->v4;
  allocation.wants_v6 = wanted->v6;
  allocation.wants_even = wanted->even;
  allocation.wants_reservation = wanted->reserve;
  allocation.mobile = wanted->mobile;
  allocation.answer_sha256 = request.auth->sha256;
  allocation.answer_fingerprint = request.message.has_fingerprint();
  by_path_.emplace(allocation.path, id);
  ++per_user_[allocation.user];
  ++per_source_[allocation.source];

  const bool made = wanted->token ? claim(id, allocation, *wanted->token)
                                  : make_relays(request.now, id, allocation);
  if (!made) return fail_allocation(request.now, id, allocation);
  if (allocation.opening == 0) send_allocated(request.now, id, allocation);
  look_again(request.now, id, allocation);
}

// In the order of RFC 8656 §7.2.
std::optional<Server::Wanted> Server::parse_wanted(const Request& request) {
  const stun::Message& message = request.message;
  const auto refused = [&](ErrorCode code, Reason reason) {
    send_error(request, code, reason);
    return std::nullopt;
  };
  const auto transport = message.u32(AttributeType::RequestedTransport);
  if (!transport) return refused(ErrorCode::BadRequest, Reason::BadRequest);
  if (*transport >> 24 != kUdp) {
    return refused(ErrorCode::UnsupportedTransportProtocol, Reason::UnsupportedTransport);
  }
  Wanted wanted;
  const auto even = message.find(AttributeType::EvenPort);
  const auto token = message.find(AttributeType::ReservationToken);
  const auto family = message.find(AttributeType::RequestedAddressFamily);
  auto additional = message.find(AttributeType::AdditionalAddressFamily);
  if (!additional) additional = message.find(kDraftAdditionalFamily);
  const auto ticket = message.find(AttributeType::MobilityTicket);
  const auto lifetime = message.find(AttributeType::Lifetime);
  if ((lifetime && lifetime->size() != 4) || (even && even->size() != 1) ||
      (token && token->size() != 8) || (family && family->size() != 4) ||
      (additional && additional->size() != 4)) {
    return refused(ErrorCode::BadRequest, Reason::BadRequest);
  }
  if ((token && (even || family || additional)) || (family && additional)) {
    return refused(ErrorCode::BadRequest, Reason::BadRequest);
  }
  if (ticket) {
    if (!config_.mobility) return refused(ErrorCode::MobilityForbidden, Reason::MobilityForbidden);
    if (!ticket->empty()) return refused(ErrorCode::BadRequest, Reason::BadRequest);
    wanted.mobile = true;
  }
  if (even) {
    wanted.even = true;
    wanted.reserve = ((*even)[0] & std::byte{0x80}) != std::byte{0};
  }
  if (token) {
    wanted.token = ByteReader{*token}.u64();
    return wanted;
  }
  const bool has_v4 = relay_base(request.path, Family::V4).has_value();
  const bool has_v6 = relay_base(request.path, Family::V6).has_value();
  if (additional) {
    // RFC 8656 §18.11: only "IPv4 by default, and IPv6 with it" exists.
    if ((*additional)[0] != std::byte{stun::kFamilyV6} || wanted.reserve) {
      return refused(ErrorCode::BadRequest, Reason::BadRequest);
    }
    if (!has_v4 && !has_v6) {
      return refused(ErrorCode::AddressFamilyNotSupported, Reason::UnsupportedFamily);
    }
    wanted.v4 = has_v4;
    wanted.v6 = has_v6;
    if (!has_v4 || !has_v6) wanted.additional_error = ErrorCode::AddressFamilyNotSupported;
    return wanted;
  }
  if (family) {
    const auto number = std::to_integer<std::uint8_t>((*family)[0]);
    wanted.v4 = number == stun::kFamilyV4 && has_v4;
    wanted.v6 = number == stun::kFamilyV6 && has_v6;
  } else {
    // Departs from RFC 8656 §7.2, which asks for IPv4 here: where this server has no IPv4 address,
    // an IPv6 one is of more use than a refusal, since browsers never ask by name.
    wanted.v4 = has_by_itself(request.path, Family::V4);
    wanted.v6 = !wanted.v4 && has_v6;
  }
  if (!wanted.v4 && !wanted.v6) {
    return refused(ErrorCode::AddressFamilyNotSupported, Reason::UnsupportedFamily);
  }
  return wanted;
}

bool Server::within_quota(const Request& request, std::uint64_t user) {
  const auto count = [](const auto& counts, const auto& key) {
    const auto at = counts.find(key);
    return at == counts.end() ? std::size_t{0} : std::size_t{at->second};
  };
  const Limits& limits = config_.limits;
  if (draining_) {
    send_error(request, ErrorCode::InsufficientCapacity, Reason::Draining);
    return false;
  }
  if (count(per_user_, user) >= limits.allocations_per_user) {
    send_error(request, ErrorCode::AllocationQuotaReached, Reason::UserQuota);
    return false;
  }
  if (count(per_source_, request.path.client.address.subscriber()) >=
      limits.allocations_per_source) {
    send_error(request, ErrorCode::AllocationQuotaReached, Reason::SourceQuota);
    return false;
  }
  if (allocations_.size() >= limits.allocations) {
    send_error(request, ErrorCode::InsufficientCapacity, Reason::ServerFull);
    return false;
  }
  return true;
}

bool Server::has_by_itself(const Path& path, Family family) const {
  return relay_addresses_[index_of(family)] || path.local.address.family() == family;
}

/// One of as wide a reach as can be; loopback beside loopback, and only there.
std::optional<IpAddress> Server::listened_beside(const Path& path, Family family) const {
  const bool inside = path.local.address.is_loopback();
  std::optional<IpAddress> best;
  for (const IpAddress& address : listened_) {
    if (address.family() != family || address.is_loopback() != inside) continue;
    if (address.is_link_local()) continue;
    if (!best || (best->is_private() && !address.is_private())) best = address;
  }
  return best;
}

std::optional<Server::Base> Server::relay_base(const Path& path, Family family) const {
  const auto& set = relay_addresses_[index_of(family)];
  const bool arrived = path.local.address.family() == family;
  if (!set && !arrived) {
    const auto beside = listened_beside(path, family);
    return beside ? std::optional{Base{*beside, *beside}} : std::nullopt;
  }
  Base base;
  base.advertised = set ? set->advertised : path.local.address;
  if (set && set->bind) {
    base.bind = *set->bind;
  } else if (arrived) {
    base.bind = path.local.address;
  } else {
    base.bind = family == Family::V4 ? IpAddress{} : IpAddress::v6({});
  }
  return base;
}

std::optional<std::uint16_t> Server::pick_port(const IpAddress& address, bool even, bool pair,
                                               std::optional<std::uint16_t> taken) {
  const PortRange range = config_.relay_ports.value_or(kMemoryPorts);
  if (range.last < range.first) return std::nullopt;
  const std::uint32_t count = range.last - range.first + 1u;
  const std::uint32_t stride = stride_of(count);
  // Anywhere in the range (RFC 8656 §7.2: hard to guess); after a port that is taken the others, so
  // that a short range is tried to its end.
  const auto start =
      static_cast<std::uint32_t>(taken ? *taken - range.first + stride : random_.u64() % count);
  const auto is_free = [&](std::uint16_t port) {
    return by_relayed_.find({address, port}) == by_relayed_.end();
  };
  for (std::uint32_t i = 0; i < std::min(count, kMaxProbes); ++i) {
    const auto port =
        static_cast<std::uint16_t>(range.first + (start + std::uint64_t{i} * stride) % count);
    if (even && port % 2 != 0) continue;
    if (pair && port == range.last) continue;
    if (!is_free(port)) continue;
    if (pair && !is_free(static_cast<std::uint16_t>(port + 1))) continue;
    return port;
  }
  return std::nullopt;
}

RelayId Server::add_relay(AllocationId owner, Allocation& allocation, const Base& base,
                          std::uint16_t port) {
  const RelayId id = relays_.insert();
  Relay& relay = *relays_.find(id);
  relay.address = {base.advertised, port};
  relay.bind = {base.bind, port};
  relay.owner = owner;
  by_relayed_.emplace(relay.address, id);
  ++relayed_ips_[base.advertised];
  counters_.relays = relays_.size();
  if (config_.relay_ports) {
    relay.opening = true;
    ++allocation.opening;
    events_.push_back(OpenRelaySocket{id, relay.bind});
  }
  return id;
}

bool Server::make_relays(Instant now, AllocationId id, Allocation& allocation) {
  for (const auto family : {Family::V4, Family::V6}) {
    const bool wanted = family == Family::V4 ? allocation.wants_v4 : allocation.wants_v6;
    if (!wanted || make_relay(now, id, allocation, family)) continue;
    if (!do_without(allocation, family)) return false;
  }
  return true;
}

bool Server::make_relay(Instant now, AllocationId id, Allocation& allocation, Family family,
                        std::optional<std::uint16_t> taken) {
  const auto base = relay_base(allocation.path, family);
  if (!base) return false;
  const bool pair = allocation.wants_reservation;
  const auto port = pick_port(base->advertised, allocation.wants_even, pair, taken);
  if (!port) return false;
  allocation.relays[index_of(family)] = add_relay(id, allocation, *base, *port);
  if (!pair) return true;
  allocation.reserved = add_relay(id, allocation, *base, static_cast<std::uint16_t>(*port + 1));
  Relay& next = *relays_.find(allocation.reserved);
  do {
    next.token = random_.u64();
  } while (next.token == 0 || reservations_.contains(next.token));
  next.user = allocation.user;
  next.reserved_until = now + kReservationLifetime;
  if (!next.opening) next.owner = {};
  allocation.token = next.token;
  reservations_.emplace(next.token, allocation.reserved);
  reservation_ends_.push(next.reserved_until, allocation.reserved,
                         [&](RelayId other) { return relays_.find(other) != nullptr; });
  return true;
}

/// RFC 8656 §7.2: of two families, one is better than a refusal.
bool Server::do_without(Allocation& allocation, Family family) {
  if (!allocation.wants_v4 || !allocation.wants_v6) return false;
  (family == Family::V4 ? allocation.wants_v4 : allocation.wants_v6) = false;
  allocation.additional_error = ErrorCode::InsufficientCapacity;
  return true;
}

void Server::remove_relays(Allocation& allocation) {
  for (RelayId& relay : allocation.relays) {
    remove_relay(relay);
    relay = {};
  }
  // A reservation that nobody claimed ends with what it was made by.
  const Relay* reserved = relays_.find(allocation.reserved);
  if (reserved != nullptr && reserved->token != 0) remove_relay(allocation.reserved);
  allocation.reserved = {};
  allocation.token = 0;
}

bool Server::claim(AllocationId id, Allocation& allocation, std::uint64_t token) {
  const auto at = reservations_.find(token);
  if (at == reservations_.end()) return false;
  const RelayId relay_id = at->second;
  Relay& relay = *relays_.find(relay_id);
  if (relay.opening || relay.user != allocation.user) return false;
  if (relay.reserved_until <= allocation.made) return false;
  reservations_.erase(at);
  relay.token = 0;
  relay.owner = id;
  allocation.relays[index_of(relay.address.address.family())] = relay_id;
  return true;
}

void Server::handle_relay_socket(Instant now, RelayId relay_id, bool opened) {
  if (polled_) clear_sent();
  Relay* relay = relays_.find(relay_id);
  if (relay == nullptr || !relay->opening) return;
  const AllocationId id = relay->owner;
  Allocation& allocation = *allocations_.find(id);
  relay->opening = false;
  --allocation.opening;
  if (opened) {
    relay->has_socket = true;
    if (relay->token != 0) relay->owner = {};
    if (allocation.opening == 0) send_allocated(now, id, allocation);
    return;
  }
  // Somebody else has this port: try others, of a pair both anew.
  const Family family = relay->address.address.family();
  RelayId& place = allocation.relays[index_of(family)];
  const std::uint16_t taken = relays_.find(place)->address.port;
  if (allocation.wants_reservation) {
    remove_relays(allocation);
    allocation.opening = 0;
  } else {
    remove_relay(place);
    place = {};
  }
  const bool goes_on = ++allocation.attempts < kMaxAttempts;
  if (goes_on && make_relay(now, id, allocation, family, taken)) return;
  if (!do_without(allocation, family)) return fail_allocation(now, id, allocation);
  allocation.attempts = 0;
  if (allocation.opening == 0) send_allocated(now, id, allocation);
}

void Server::send_allocated(Instant now, AllocationId id, Allocation& allocation) {
  if (!allocation.announced) {
    allocation.announced = true;
    ++counters_.allocations_made;
    counters_.allocations = allocations_.size();
    events_.push_back(AllocationMade{id, allocation.path.transport});
  }
  auto writer = begin({stun::Class::Success, stun::Method::Allocate}, allocation.allocate_id);
  for (const RelayId relay : allocation.relays) {
    if (const Relay* found = relays_.find(relay)) {
      writer.add_xor_address(AttributeType::XorRelayedAddress, found->address);
    }
  }
  const auto left =
      std::chrono::ceil<std::chrono::seconds>(std::max(allocation.expiry - now, Duration{}));
  writer.add_u32(AttributeType::Lifetime, static_cast<std::uint32_t>(left.count()));
  writer.add_xor_address(AttributeType::XorMappedAddress, allocation.path.client);
  if (allocation.token != 0) {
    std::array<std::byte, 8> token{};
    for (std::size_t i = 0; i < 8; ++i) {
      token[i] = static_cast<std::byte>(allocation.token >> (56 - 8 * i) & 0xFF);
    }
    writer.add(AttributeType::ReservationToken, token);
  }
  if (allocation.additional_error) {
    // RFC 8656 §18.12: the family that could not be had, and why.
    const bool lacks_v4 = !allocation.wants_v4;
    const auto number = static_cast<unsigned>(*allocation.additional_error);
    const std::uint32_t value = (lacks_v4 ? 0x01u : 0x02u) << 24 | number / 100 << 8 | number % 100;
    writer.add_u32(AttributeType::AddressErrorCode, value);
  }
  if (allocation.mobile) {
    writer.add(AttributeType::MobilityTicket, make_ticket(id, allocation.mobility_serial));
  }
  send_signed(writer, allocation.path, allocation.key.bytes(), allocation.answer_sha256,
              allocation.answer_fingerprint);
}

void Server::fail_allocation(Instant now, AllocationId id, Allocation& allocation) {
  refuse(Reason::ServerFull);
  auto writer = begin({stun::Class::Error, stun::Method::Allocate}, allocation.allocate_id);
  writer.add_error(ErrorCode::InsufficientCapacity);
  send_signed(writer, allocation.path, allocation.key.bytes(), allocation.answer_sha256,
              allocation.answer_fingerprint);
  end_allocation(now, id, AllocationEnded::Why::Expired);
}

}  // namespace duet::turn
