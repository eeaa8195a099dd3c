// SPDX-License-Identifier: MIT
// A TURN client: what is wanted, what is due, and the way of packets.
#include <duet/turn/channel_data.hpp>
#include <duet/turn/client.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace duet::turn {
namespace {

using stun::AttributeType;

constexpr std::uint16_t kLastNumber = 0x4FFF;  // RFC 8656 §12; servers of RFC 5766 know more
constexpr Duration kNumberRest = 300s;         // RFC 8656 §12: before peer or number is reused
constexpr std::size_t kMaxChannelPayload = 0xFFFF;  // RFC 8656 §12.4: 16 bits of length

template <class T>
void take_earlier(std::optional<T>& earliest, const std::optional<T>& other) {
  if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

Client::Client(Instant now, Random& random, Carrier carrier, Credential credential,
               ClientOptions options)
    : random_{random},
      carrier_{carrier},
      login_{std::move(credential)},
      options_{options},
      next_number_{kFirstChannel} {
  random_.fill(indication_id_);
  ask(now, Purpose::Allocate);
}

Client::Permission* Client::find_permission(const IpAddress& peer) {
  const auto at = std::find_if(permissions_.begin(), permissions_.end(),
                               [&](const Permission& p) { return p.peer == peer; });
  return at == permissions_.end() ? nullptr : &*at;
}

Client::Permission* Client::add_permission(const IpAddress& peer) {
  if (Permission* known = find_permission(peer)) return known;
  if (permissions_.size() >= kMaxPermissions) return nullptr;
  return &permissions_.emplace_back(Permission{peer, std::nullopt, std::nullopt});
}

Client::Channel* Client::find_channel(const Endpoint& peer) {
  const auto at = std::find_if(channels_.begin(), channels_.end(),
                               [&](const Channel& c) { return c.peer == peer; });
  return at == channels_.end() ? nullptr : &*at;
}

bool Client::has_channel(const IpAddress& peer) const {
  return std::any_of(channels_.begin(), channels_.end(),
                     [&](const Channel& c) { return c.is_wanted && c.peer.address == peer; });
}

bool Client::is_permitted(Instant now, const IpAddress& peer) const {
  return std::any_of(permissions_.begin(), permissions_.end(), [&](const Permission& p) {
    return p.peer == peer && p.expiry && *p.expiry > now;
  });
}

bool Client::permit(Instant now, const IpAddress& peer) {
  if (is_over()) return false;
  if (find_permission(peer) != nullptr) return true;
  Permission* added = add_permission(peer);
  if (added == nullptr) return false;
  added->due = now;
  run_due(now);
  return true;
}

bool Client::make_room_for_channel(Instant now) {
  if (next_number_ > kLastNumber) return false;
  if (channels_.size() < kMaxChannels) return true;
  std::erase_if(channels_, [&](const Channel& c) {
    return !c.is_wanted && (!c.asked || *c.asked + kChannelLifetime + kNumberRest <= now);
  });
  return channels_.size() < kMaxChannels;
}

bool Client::bind(Instant now, const Endpoint& peer) {
  if (is_over()) return false;
  Channel* channel = find_channel(peer);
  if (channel != nullptr && channel->is_wanted) return true;
  if (channel == nullptr && !make_room_for_channel(now)) return false;
  Permission* permission = add_permission(peer.address);
  if (permission == nullptr) return false;
  // The channel asks for the permission as well.
  permission->due.reset();
  std::erase_if(requests_, [&](const Request& r) {
    return r.purpose == Purpose::Permit && r.peer.address == peer.address;
  });
  if (channel == nullptr) {
    channel = &channels_.emplace_back();
    channel->number = next_number_++;
    channel->peer = peer;
  }
  channel->is_wanted = true;
  channel->due = now;
  run_due(now);
  return true;
}

void Client::forget(const IpAddress& peer) {
  std::erase_if(permissions_, [&](const Permission& p) { return p.peer == peer; });
  for (Channel& channel : channels_) {
    if (channel.peer.address != peer) continue;
    channel.is_wanted = false;
    channel.due.reset();
    channel.expiry.reset();
  }
  std::erase_if(requests_, [&](const Request& r) {
    return (r.purpose == Purpose::Permit || r.purpose == Purpose::Bind) && r.peer.address == peer;
  });
}

void Client::set_credential(Instant now, Credential credential) {
  login_.set_credential(std::move(credential));
  const bool is_asked = std::any_of(requests_.begin(), requests_.end(),
                                    [](const Request& r) { return r.purpose == Purpose::Refresh; });
  if (phase_ != Phase::Allocated || refresh_at_ || is_asked) return;
  refresh_at_ = now;  // was given up, since the server no longer took the old one
  run_due(now);
}

void Client::change_path(Instant now, Carrier carrier) {
  if (phase_ == Phase::Ended) return;
  carrier_ = carrier;
  requests_.clear();
  if (phase_ == Phase::Allocating) {
    // Should the server have made one for the old path, it ends there by itself.
    if (is_release_wanted_) return end({});
    return ask(now, Purpose::Allocate);
  }
  if (ticket_.empty()) {
    if (phase_ == Phase::Releasing) return end(farewell_);
    return end({ClientEnded::Why::Lost, ClientEnded::Next::Again, {}, {}, {}});
  }
  is_on_new_path_ = true;
  if (phase_ == Phase::Releasing) return ask(now, Purpose::Release);
  phase_ = Phase::Moving;
  // What was asked for and not answered is asked for again after the move.
  for (Permission& permission : permissions_) {
    if (!permission.due && !has_channel(permission.peer)) permission.due = now;
  }
  for (Channel& channel : channels_) {
    if (!channel.due && channel.is_wanted) channel.due = now;
  }
  ask(now, Purpose::Move);
}

void Client::release(Instant now) {
  if (is_over()) return;
  if (phase_ != Phase::Allocating) return give_back(now, {});
  is_release_wanted_ = true;
  // Who wasn't told a name has made nothing that could be given back.
  const bool is_signed = std::any_of(requests_.begin(), requests_.end(),
                                     [](const Request& r) { return r.signature.version != 0; });
  if (!is_signed && !login_.is_anonymous()) end({});
}

void Client::give_back(Instant now, ClientEnded farewell) {
  farewell_ = std::move(farewell);
  phase_ = Phase::Releasing;
  requests_.clear();
  permissions_.clear();
  channels_.clear();
  ask(now, Purpose::Release);
}

void Client::end(ClientEnded ended) {
  phase_ = Phase::Ended;
  requests_.clear();
  permissions_.clear();
  channels_.clear();
  events_.emplace_back(std::move(ended));
}

std::optional<Client::Outgoing> Client::send(Instant now, const Endpoint& peer,
                                             std::span<const std::byte> payload,
                                             bool dont_fragment) {
  if (phase_ != Phase::Allocated || !is_permitted(now, peer.address)) return std::nullopt;
  Outgoing packet;
  packet.payload = payload;
  const bool with_flag = dont_fragment && options_.dont_fragment;
  const Channel* channel = find_channel(peer);
  if (channel != nullptr && channel->expiry && *channel->expiry > now && !with_flag) {
    if (payload.size() > kMaxChannelPayload) return std::nullopt;
    const auto head = channel_header(channel->number, payload.size());
    std::memcpy(packet.head.data(), head.data(), head.size());
    packet.head_size = kChannelHeaderSize;
    // RFC 8656 §12.5: padded over streams only.
    if (carrier_ == Carrier::Stream) packet.padding = padding_of(payload.size());
    return packet;
  }
  if (payload.size() > kMaxIndicationPayload - (with_flag ? 4 : 0)) return std::nullopt;
  advance(indication_id_);
  packet.head_size = static_cast<std::uint8_t>(write_indication_head(
      packet.head, stun::Method::Send, indication_id_, peer, payload.size(), with_flag));
  packet.padding = padding_of(payload.size());
  return packet;
}

std::optional<Client::Received> Client::handle_server(Instant now,
                                                      std::span<const std::byte> bytes) {
  if (bytes.empty() || phase_ == Phase::Ended) return std::nullopt;
  const unsigned first = std::to_integer<unsigned>(bytes[0]) >> 6;
  if (first == 1) return handle_channel_data(now, bytes);
  const auto message = stun::Message::parse(bytes);
  if (!message) return std::nullopt;
  switch (message->klass()) {
    case stun::Class::Indication:
      return handle_indication(*message);
    case stun::Class::Success:
    case stun::Class::Error:
      handle_answer(now, *message);
      return std::nullopt;
    case stun::Class::Request:  // a server asks nothing
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Client::Received> Client::handle_channel_data(
    Instant now, std::span<const std::byte> bytes) const {
  const auto data = ChannelData::parse(bytes);
  if (!data) return std::nullopt;
  for (const Channel& channel : channels_) {
    if (channel.number != data->number) continue;
    // RFC 8656 §12: from the moment it was asked for, since the answer may come later or be lost.
    const bool is_open =
        channel.is_wanted && channel.asked && *channel.asked + kChannelLifetime > now;
    if (!is_open) return std::nullopt;
    return Received{channel.peer, data->payload, std::nullopt};
  }
  return std::nullopt;
}

std::optional<Client::Received> Client::handle_indication(const stun::Message& message) const {
  if (message.method() != stun::Method::Data) return std::nullopt;
  std::optional<Endpoint> peer;
  std::optional<std::span<const std::byte>> data;
  std::optional<Icmp> icmp;
  for (const stun::Attribute attribute : message) {
    switch (attribute.type) {
      case AttributeType::XorPeerAddress:
        if (!peer) peer = stun::parse_xor_address(attribute.value, message.id());
        break;
      case AttributeType::Data:
        if (!data) data = attribute.value;
        break;
      case AttributeType::Icmp: {  // RFC 8656 §18.13
        ByteReader in{attribute.value};
        in.u16();
        const Icmp said{in.u8(), in.u8(), in.u32()};
        if (in.ok() && !icmp) icmp = said;
        break;
      }
      default:
        // RFC 8489 §6.3.2: an indication with an unknown attribute of this kind is dropped.
        if (stun::is_comprehension_required(attribute.type)) return std::nullopt;
    }
  }
  // RFC 8656 §11.4: of peers that were not permitted, nothing is taken.
  if (!peer || (!data && !icmp)) return std::nullopt;
  const bool is_wanted = std::any_of(permissions_.begin(), permissions_.end(),
                                     [&](const Permission& p) { return p.peer == peer->address; });
  if (!is_wanted) return std::nullopt;
  if (icmp) return Received{*peer, {}, icmp};
  return Received{*peer, *data, std::nullopt};
}

void Client::run_due(Instant now) {
  if (phase_ != Phase::Allocated) return;
  const auto is_due = [&](std::optional<Instant>& due) {
    if (!due || *due > now) return false;
    due.reset();
    return true;
  };
  if (is_due(refresh_at_)) ask(now, Purpose::Refresh);
  for (Channel& channel : channels_) {
    if (is_due(channel.due)) ask(now, Purpose::Bind, channel.peer);
  }
  for (Permission& permission : permissions_) {
    if (is_due(permission.due)) ask(now, Purpose::Permit, {permission.peer, 0});
  }
}

void Client::handle_timeout(Instant now) {
  for (std::size_t i = 0; i < requests_.size();) {
    requests_[i].transaction.handle_timeout(now);
    if (!requests_[i].transaction.poll_event()) {
      ++i;
      continue;
    }
    const Request request = std::move(requests_[i]);
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(i));
    // RFC 8489 §9.2.5: if all that came was forged, that is what is said.
    const auto why = request.is_forged ? ClientEnded::Why::Unprotected : ClientEnded::Why::TimedOut;
    handle_failure(now, request, {why, ClientEnded::Next::AnotherCarrier, {}, {}, {}});
  }
  if (has_allocation() && expiry_ <= now) {
    return end({ClientEnded::Why::Lost, ClientEnded::Next::Again, {}, {}, {}});
  }
  run_due(now);
}

std::optional<Instant> Client::next_timeout() const {
  std::optional<Instant> next;
  for (const Request& request : requests_) take_earlier(next, request.transaction.next_timeout());
  if (has_allocation()) take_earlier(next, std::optional{expiry_});
  if (phase_ != Phase::Allocated) return next;
  take_earlier(next, refresh_at_);
  for (const Permission& permission : permissions_) take_earlier(next, permission.due);
  for (const Channel& channel : channels_) take_earlier(next, channel.due);
  return next;
}

std::optional<std::span<const std::byte>> Client::poll_transmit() {
  for (Request& request : requests_) {
    if (const auto bytes = request.transaction.poll_transmit()) return bytes;
  }
  return std::nullopt;
}

std::optional<ClientEvent> Client::poll_event() {
  if (events_.empty()) return std::nullopt;
  ClientEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace duet::turn
