// SPDX-License-Identifier: MIT
// Packets between clients and peers: nothing is copied, and between two relayed addresses of this
// server nothing leaves it.
#include <duet/turn/indication.hpp>
#include <duet/turn/server.hpp>

#include <cstring>

namespace duet::turn {
namespace {

using stun::AttributeType;

}  // namespace

RelayId Server::find_relay(const Endpoint& address) const {
  const auto at = by_relayed_.find(address);
  return at == by_relayed_.end() ? RelayId{} : at->second;
}

const Server::Relay* Server::own_relay(const Allocation& allocation,
                                       IpAddress::Family family) const {
  return relays_.find(allocation.relays[family == IpAddress::Family::V4 ? 0 : 1]);
}

bool Server::is_relay_address(const Allocation& allocation, const IpAddress& address) const {
  const Relay* own = own_relay(allocation, address.family());
  if (own != nullptr && own->address.address == address) return true;
  return relayed_ips_.find(address) != relayed_ips_.end();
}

void Server::handle_send(Request& request) {
  const stun::Message& message = request.message;
  if (request.allocation == nullptr || !request.allocation->announced) {
    return refuse(Reason::NoAllocation);
  }
  std::optional<Endpoint> peer;
  std::optional<std::span<const std::byte>> data;
  bool dont_fragment = false;
  for (const stun::Attribute attribute : message) {
    switch (attribute.type) {
      case AttributeType::XorPeerAddress:
        if (!peer) peer = stun::parse_xor_address(attribute.value, message.id());
        break;
      case AttributeType::Data:
        if (!data) data = attribute.value;
        break;
      case AttributeType::DontFragment:
        dont_fragment = true;
        break;
      default:
        // RFC 8489 §6.3.2: an indication with an unknown attribute of this kind is dropped.
        if (stun::is_comprehension_required(attribute.type)) {
          return refuse(Reason::UnknownAttribute);
        }
    }
  }
  if (!peer || !data) return refuse(Reason::BadRequest);
  Allocation& allocation = *request.allocation;
  if (!allocation.permissions.has(request.now, peer->address)) return refuse(Reason::NoPermission);
  to_peer(request.now, allocation, *peer, find_relay(*peer), *data, dont_fragment);
}

void Server::handle_channel_data(Instant now, const Path& path, std::span<const std::byte> bytes) {
  const auto data = ChannelData::parse(bytes);
  if (!data) return refuse(Reason::Malformed);
  const auto known = by_path_.find(path);
  Allocation* allocation = known == by_path_.end() ? nullptr : allocations_.find(known->second);
  if (allocation == nullptr) return refuse(Reason::NoAllocation);
  Channel* channel = allocation->channels.find(now, data->number);
  if (channel == nullptr) return refuse(Reason::NoChannel);
  if (relays_.find(channel->relay) == nullptr) channel->relay = find_relay(channel->peer);
  to_peer(now, *allocation, channel->peer, channel->relay, data->payload, false);
}

/// @param known  the peer, if it is a relayed address of this server
void Server::to_peer(Instant now, Allocation& from, const Endpoint& peer, RelayId known,
                     std::span<const std::byte> payload, bool dont_fragment) {
  const RelayId own_id = from.relays[peer.address.is_v4() ? 0 : 1];
  const Relay* own = relays_.find(own_id);
  if (own == nullptr) return refuse(Reason::FamilyMismatch);
  if (const Relay* target = relays_.find(known)) {
    if (!to_client(now, *target, own->address, payload)) return;
  } else {
    // Of a relay's own address only relayed addresses may be reached, and this is none.
    const bool inside = is_relay_address(from, peer.address);
    if (inside && !policy_.is_overridden(peer.address)) return refuse(Reason::ForbiddenPeer);
    if (!policy_.allows(peer.address) || !own->has_socket || peer.port == 0) {
      return refuse(Reason::ForbiddenPeer);
    }
    Transmit& transmit = transmits_.emplace_back();
    transmit.to = Transmit::To::Peer;
    transmit.dont_fragment = dont_fragment;
    transmit.payload = payload;
    transmit.relay = own_id;
    transmit.peer = peer;
  }
  ++from.totals.from_client_packets;
  from.totals.from_client_bytes += payload.size();
  ++counters_.relayed.from_client_packets;
  counters_.relayed.from_client_bytes += payload.size();
}

/// What arrived at a relayed address goes to its client, if `sender` may send there.
bool Server::to_client(Instant now, const Relay& relay, const Endpoint& sender,
                       std::span<const std::byte> payload) {
  Allocation* to = allocations_.find(relay.owner);
  const auto refused = [&](Reason reason) {
    refuse(reason);
    return false;
  };
  if (to == nullptr || !to->announced || !to->connected) return refused(Reason::NoAllocation);
  const Channel* const channel = std::as_const(to->channels).find(now, sender);
  // Departs from RFC 8656 §12.7, which asks for a permission here too, and that ends in the middle
  // of the channel's life: there are clients that bind a channel anew and know no permission
  // (aioice and werift, each 500 s). A channel is for this very peer, and coturn does so too.
  if (channel == nullptr && !to->permissions.has(now, sender.address)) {
    return refused(Reason::NoPermission);
  }
  if (payload.size() > kMaxIndicationPayload) return refused(Reason::TooLong);
  Transmit& transmit = transmits_.emplace_back();
  transmit.payload = payload;
  transmit.path = to->path;
  if (channel != nullptr) {
    const auto head = channel_header(channel->number, payload.size());
    std::memcpy(transmit.head.data(), head.data(), head.size());
    transmit.head_size = kChannelHeaderSize;
    // RFC 8656 §12.5: padded over streams only.
    if (to->path.is_stream()) transmit.padding = padding_of(payload.size());
  } else {
    advance(indication_id_);
    transmit.head_size = static_cast<std::uint8_t>(write_indication_head(
        transmit.head, stun::Method::Data, indication_id_, sender, payload.size()));
    transmit.padding = padding_of(payload.size());
  }
  ++to->totals.to_client_packets;
  to->totals.to_client_bytes += payload.size();
  ++counters_.relayed.to_client_packets;
  counters_.relayed.to_client_bytes += payload.size();
  return true;
}

/// The rule for what goes out is the rule for what comes in: permissions alone would let this
/// host's own services in through the permission for its address.
bool Server::may_send(const IpAddress& peer) const {
  const bool own = relayed_ips_.find(peer) != relayed_ips_.end();
  return own ? policy_.is_overridden(peer) : policy_.allows(peer);
}

void Server::handle_peer(Instant now, RelayId relay_id, const Endpoint& peer,
                         std::span<const std::byte> bytes) {
  if (polled_) clear_sent();
  const Relay* relay = relays_.find(relay_id);
  if (relay == nullptr) return refuse(Reason::NoAllocation);
  if (!may_send(peer.address)) return refuse(Reason::ForbiddenPeer);
  to_client(now, *relay, peer, bytes);
}

// RFC 8656 §11.5: told to the client where it could have been told of a datagram.
void Server::handle_icmp(Instant now, RelayId relay_id, const Endpoint& peer, const Icmp& said) {
  if (polled_) clear_sent();
  const bool is_v4 = peer.address.is_v4();
  const bool is_unreachable = is_v4 ? said.type == 3 : said.type == 1;
  const bool is_time_exceeded = said.type == (is_v4 ? 11 : 3);
  const bool is_too_long = is_v4 ? is_unreachable && said.code == 4 : said.type == 2;
  if (!is_unreachable && !is_time_exceeded && !is_too_long) return refuse(Reason::Malformed);
  const Relay* relay = relays_.find(relay_id);
  const Allocation* to = relay == nullptr ? nullptr : allocations_.find(relay->owner);
  if (to == nullptr || !to->announced || !to->connected) return refuse(Reason::NoAllocation);
  if (!may_send(peer.address)) return refuse(Reason::ForbiddenPeer);
  if (!to->permissions.has(now, peer.address)) return refuse(Reason::NoPermission);
  advance(indication_id_);
  auto writer = begin({stun::Class::Indication, stun::Method::Data}, indication_id_);
  writer.add_xor_address(AttributeType::XorPeerAddress, peer);
  const std::uint32_t mtu = is_too_long ? said.data : 0;
  writer.add(AttributeType::Icmp,
             std::array{std::byte{0}, std::byte{0}, std::byte{said.type}, std::byte{said.code},
                        static_cast<std::byte>(mtu >> 24), static_cast<std::byte>(mtu >> 16),
                        static_cast<std::byte>(mtu >> 8), static_cast<std::byte>(mtu)});
  send(writer, to->path);
}

}  // namespace duet::turn
