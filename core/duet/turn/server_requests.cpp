// SPDX-License-Identifier: MIT
// Requests within an allocation: Refresh, CreatePermission, ChannelBind, and a change of networks.
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/turn/server.hpp>

#include <algorithm>
#include <cstring>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;

constexpr std::uint32_t kMaxLifetime = 3600;  // RFC 8656 §7.2

ErrorCode code_of(Reason reason) {
  return reason == Reason::FamilyMismatch ? ErrorCode::PeerAddressFamilyMismatch
                                          : ErrorCode::Forbidden;
}

}  // namespace

// RFC 8656 §7.2: at least the default, at most an hour.
Duration Server::lifetime_of(const stun::Message& message) const {
  const std::uint32_t asked = message.u32(AttributeType::Lifetime).value_or(kDefaultLifetime);
  return std::chrono::seconds{std::clamp(asked, kDefaultLifetime, kMaxLifetime)};
}

void Server::handle_refresh(Request& request) {
  Allocation& allocation = *request.allocation;
  const auto asked = request.message.u32(AttributeType::Lifetime);
  if (request.message.has(AttributeType::Lifetime) && !asked) {
    return send_error(request, ErrorCode::BadRequest, Reason::BadRequest);
  }
  std::optional<std::size_t> family;
  if (const auto value = request.message.find(AttributeType::RequestedAddressFamily)) {
    if (value->size() != 4) {
      return send_error(request, ErrorCode::BadRequest, Reason::BadRequest);
    }
    const auto number = std::to_integer<std::uint8_t>((*value)[0]);
    family = number == stun::kFamilyV4 ? 0 : 1;
    const bool is_family = number == stun::kFamilyV4 || number == stun::kFamilyV6;
    if (!is_family || relays_.find(allocation.relays[*family]) == nullptr) {
      return send_error(request, ErrorCode::PeerAddressFamilyMismatch, Reason::FamilyMismatch);
    }
  }
  if (allocation.path != request.path || !allocation.connected) {
    take_along(request.path, request.id, allocation);
  }
  auto writer = begin_success(request);
  if (asked != 0u) {
    const Duration lifetime = lifetime_of(request.message);
    allocation.expiry = request.now + lifetime;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime);
    writer.add_u32(AttributeType::Lifetime, static_cast<std::uint32_t>(seconds.count()));
    if (allocation.mobile) {
      writer.add(AttributeType::MobilityTicket,
                 make_ticket(request.id, allocation.mobility_serial));
    }
    return send_answer(request, writer);
  }
  writer.add_u32(AttributeType::Lifetime, 0);
  send_answer(request, writer);
  // RFC 8656 §8.2: of a dual allocation, one family alone can be given back, and what was permitted
  // and bound of it goes too.
  const std::size_t other = family ? 1 - *family : 0;
  if (family && relays_.find(allocation.relays[other]) != nullptr) {
    remove_relay(allocation.relays[*family]);
    allocation.relays[*family] = {};
    const auto gone = *family == 0 ? IpAddress::Family::V4 : IpAddress::Family::V6;
    allocation.permissions.remove(gone);
    allocation.channels.remove(gone);
    return;
  }
  end_allocation(request.now, request.id, AllocationEnded::Why::Refreshed);
}

Server::Ticket Server::ticket_of(AllocationId id, std::uint32_t serial) const {
  Ticket ticket{};
  const std::uint64_t value = id.value();
  std::memcpy(ticket.data(), &value, 8);
  std::memcpy(ticket.data() + 8, &serial, 4);
  const crypto::Sha256 mac = crypto::hmac_sha256(ticket_key_, std::span{ticket}.first(12));
  std::memcpy(ticket.data() + 12, mac.data(), 16);
  return ticket;
}

// As text, since there are clients that keep what should be opaque to them as a C string.
std::string Server::make_ticket(AllocationId id, std::uint32_t serial) const {
  std::string text;
  base64_append(text, ticket_of(id, serial));
  return text;
}

AllocationId Server::find_ticket(std::string_view text) const {
  if (text.size() > 2 * Ticket{}.size()) return {};  // comes before the credential is looked at
  const auto ticket = base64_decode(text);
  if (!ticket || ticket->size() != Ticket{}.size()) return {};
  std::uint64_t value = 0;
  std::uint32_t serial = 0;
  std::memcpy(&value, ticket->data(), 8);
  std::memcpy(&serial, ticket->data() + 8, 4);
  const AllocationId id{value};
  if (!crypto::equal_in_constant_time(*ticket, ticket_of(id, serial))) return {};
  const Allocation* allocation = allocations_.find(id);
  if (allocation == nullptr || !allocation->mobile || !allocation->announced) return {};
  // The one before is good as well: the answer that brought the last may have been lost.
  const bool is_recent =
      serial == allocation->mobility_serial || serial + 1 == allocation->mobility_serial;
  return is_recent ? id : AllocationId{};
}

// RFC 8016 §3.2.2: the allocation comes along to the path that the ticket came over, once the
// Refresh that brings it is known to succeed.
void Server::move_allocation(Request& request) {
  Allocation* allocation = allocations_.find(request.moving);
  if (allocation == nullptr) {
    return send_error(request,
                      config_.mobility ? ErrorCode::BadRequest : ErrorCode::MobilityForbidden,
                      config_.mobility ? Reason::BadRequest : Reason::MobilityForbidden);
  }
  if (request.auth->username != allocation->username) {
    return send_error(request, ErrorCode::WrongCredentials, Reason::OtherUser);
  }
  request.id = request.moving;
  request.allocation = allocation;
  handle_refresh(request);
}

void Server::take_along(const Path& path, AllocationId id, Allocation& allocation) {
  if (allocation.connected) by_path_.erase(allocation.path);
  events_.push_back(AllocationMoved{id, allocation.path.transport, path.transport});
  allocation.path = path;
  allocation.connected = true;
  ++allocation.mobility_serial;
  by_path_.emplace(path, id);
}

// What forbids a peer, if anything. A permission is for an address: that of a relay is granted,
// since it opens only relayed addresses of this server. A channel is for a port with it.
std::optional<Reason> Server::refusal_of(const Allocation& allocation, const Endpoint& peer,
                                         bool with_port) const {
  const Relay* own = own_relay(allocation, peer.address.family());
  const bool inside = is_relay_address(allocation, peer.address);
  // Forbidden first: the answer to a forbidden peer is 403, whatever its family.
  if (!inside && !policy_.allows(peer.address)) return Reason::ForbiddenPeer;
  if (own == nullptr) return Reason::FamilyMismatch;
  if (inside && !with_port) return std::nullopt;
  if (with_port && find_relay(peer) != RelayId{}) return std::nullopt;
  if (inside && !policy_.is_overridden(peer.address)) return Reason::ForbiddenPeer;
  // Without a socket nothing reaches a peer outside: said now, so that ICE gives the pair up.
  if (!own->has_socket) return Reason::ForbiddenPeer;
  return std::nullopt;
}

void Server::handle_create_permission(Request& request) {
  Allocation& allocation = *request.allocation;
  // RFC 8656 §10.2: all or none.
  std::array<IpAddress, kMaxPermissions> added;  // many peers may be one address
  std::size_t count = 0;
  for (const stun::Attribute attribute : request.message) {
    if (attribute.type != AttributeType::XorPeerAddress) continue;
    const auto peer = stun::parse_xor_address(attribute.value, request.message.id());
    if (!peer) return send_error(request, ErrorCode::BadRequest, Reason::BadRequest);
    if (const auto reason = refusal_of(allocation, *peer, false)) {
      return send_error(request, code_of(*reason), *reason);
    }
    const auto known = std::span{added}.first(std::min(count, added.size()));
    if (allocation.permissions.has(request.now, peer->address) ||
        std::find(known.begin(), known.end(), peer->address) != known.end()) {
      continue;
    }
    if (count < added.size()) added[count] = peer->address;
    ++count;
  }
  if (!request.message.has(AttributeType::XorPeerAddress)) {
    return send_error(request, ErrorCode::BadRequest, Reason::BadRequest);
  }
  if (!allocation.permissions.has_room(request.now, count)) {
    return send_error(request, ErrorCode::InsufficientCapacity, Reason::AllocationFull);
  }
  for (const stun::Attribute attribute : request.message) {
    if (attribute.type != AttributeType::XorPeerAddress) continue;
    const auto peer = stun::parse_xor_address(attribute.value, request.message.id());
    allocation.permissions.install(request.now, peer->address);
  }
  auto writer = begin_success(request);
  send_answer(request, writer);
}

void Server::handle_channel_bind(Request& request) {
  Allocation& allocation = *request.allocation;
  const auto value = request.message.u32(AttributeType::ChannelNumber);
  const auto peer = stun::find_xor_address(request.message, AttributeType::XorPeerAddress);
  const auto number = static_cast<std::uint16_t>(value.value_or(0) >> 16);
  if (!value || !peer || !is_channel(number)) {
    return send_error(request, ErrorCode::BadRequest, Reason::BadRequest);
  }
  if (const auto reason = refusal_of(allocation, *peer, true)) {
    return send_error(request, code_of(*reason), *reason);
  }
  switch (allocation.channels.check(request.now, number, *peer)) {
    case Channels::Bound::Conflict:
      return send_error(request, ErrorCode::BadRequest, Reason::BadRequest);
    case Channels::Bound::Full:
      return send_error(request, ErrorCode::InsufficientCapacity, Reason::AllocationFull);
    case Channels::Bound::Yes:
      break;
  }
  if (!allocation.permissions.install(request.now, peer->address)) {
    return send_error(request, ErrorCode::InsufficientCapacity, Reason::AllocationFull);
  }
  allocation.channels.bind(request.now, number, *peer);
  auto writer = begin_success(request);
  send_answer(request, writer);
}

}  // namespace duet::turn
