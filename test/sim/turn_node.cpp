// SPDX-License-Identifier: MIT
// A STUN and TURN server in the simulated network.
#include "turn_node.hpp"

#include <duet/stun/stream.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace duet::sim {

namespace {

constexpr std::chrono::sys_seconds kWallClock{std::chrono::seconds{1'800'000'000}};

constexpr std::string_view kSecret = "north";

const turn::Credential& credential() {
  static const turn::Credential one{"alice", "wonder"};
  return one;
}

}  // namespace

TurnNode::TurnNode(World& world, HostId host, Relays relays)
    : host_{host},
      address_{world.network().addresses(host).front()},
      server_{config_for(relays), world.random(), kWallClock} {
  server_.set_own_addresses(world.network().addresses(host));
  world.network().listen(host, {address_, kPort});
  world.network().listen(host, {address_, kTlsPort});
  world.add(host, *this);
}

turn::Config TurnNode::config_for(Relays relays) {
  turn::Config config;
  config.users = {credential()};
  config.secrets = {std::string{kSecret}};
  if (relays == Relays::WithSockets) config.relay_ports = turn::PortRange{50000, 50999};
  return config;
}

ice::Server TurnNode::as_turn(ice::Carrier carrier) const {
  const std::uint16_t port = carrier == ice::Carrier::Tls ? kTlsPort : kPort;
  return {ice::Server::Kind::Turn, carrier, {address_, port}, credential(), "relay.test"};
}

ice::Server TurnNode::as_stun() const {
  return {ice::Server::Kind::Stun, ice::Carrier::Udp, {address_, kPort}, {}, {}};
}

std::vector<ice::Server> TurnNode::as_all() const {
  return {as_turn(ice::Carrier::Udp), as_turn(ice::Carrier::Tcp), as_turn(ice::Carrier::Tls)};
}

turn::Credential TurnNode::credential_until(Instant expiry) {
  return turn::make_time_limited(
      kSecret, "seat",
      kWallClock + std::chrono::duration_cast<std::chrono::seconds>(expiry.time_since_epoch()));
}

void TurnNode::handle_event(Instant now, Event& event) {
  if (const auto* datagram = std::get_if<DatagramArrived>(&event.what)) {
    handle_datagram(now, *datagram);
  } else if (const auto* accepted = std::get_if<StreamAccepted>(&event.what)) {
    const auto transport =
        accepted->local.port == kTlsPort ? turn::Transport::Tls : turn::Transport::Tcp;
    streams_[accepted->id].path = {transport, accepted->remote, accepted->local,
                                   turn::ConnectionId{accepted->id.value()}};
  } else if (const auto* data = std::get_if<StreamReceived>(&event.what)) {
    const auto found = streams_.find(data->id);
    if (found == streams_.end()) return;
    auto& received = found->second.received;
    received.insert(received.end(), data->bytes.begin(), data->bytes.end());
    handle_stream(now, found->second);
  } else if (const auto* closed = std::get_if<StreamClosed>(&event.what)) {
    const auto found = streams_.find(closed->id);
    if (found == streams_.end()) return;
    const turn::Path path = found->second.path;
    streams_.erase(found);
    server_.handle_stream_closed(now, path);
  }
}

void TurnNode::handle_datagram(Instant now, const DatagramArrived& datagram) {
  const auto relay = relay_at_.find(datagram.local);
  if (relay != relay_at_.end()) {
    server_.handle_peer(now, relay->second, datagram.remote, datagram.bytes);
  } else if (datagram.local.port == kPort) {
    server_.handle_client(now, {turn::Transport::Udp, datagram.remote, datagram.local, {}},
                          datagram.bytes);
  }
}

void TurnNode::handle_stream(Instant now, Stream& stream) {
  const std::span<const std::byte> all = stream.received;
  for (;;) {
    const auto rest = all.subspan(stream.used);
    const stun::Frame frame = stun::next_frame(rest);
    if (frame.kind == stun::Frame::Kind::NeedMore || frame.kind == stun::Frame::Kind::Bad) return;
    server_.handle_client(now, stream.path, rest.first(frame.size));
    stream.used += frame.size;
  }
}

void TurnNode::flush(Instant now, Network& network) {
  while (const auto event = server_.poll_event()) {
    if (const auto* open = std::get_if<turn::OpenRelaySocket>(&*event)) {
      const Endpoint at{address_, open->local.port};
      relays_[open->relay] = at;
      relay_at_[at] = open->relay;
      server_.handle_relay_socket(now, open->relay, true);
    } else if (const auto* close = std::get_if<turn::CloseRelaySocket>(&*event)) {
      relay_at_.erase(relays_[close->relay]);
      relays_.erase(close->relay);
    }
  }
  for (const turn::Transmit& transmit : server_.poll_transmits()) send(now, network, transmit);
  for (auto& [id, stream] : streams_) {
    const auto used = static_cast<std::ptrdiff_t>(std::exchange(stream.used, 0));
    stream.received.erase(stream.received.begin(), stream.received.begin() + used);
  }
}

void TurnNode::send(Instant now, Network& network, const turn::Transmit& transmit) {
  std::vector<std::byte> bytes{transmit.head_view().begin(), transmit.head_view().end()};
  bytes.insert(bytes.end(), transmit.payload.begin(), transmit.payload.end());
  bytes.resize(bytes.size() + transmit.padding);
  if (transmit.to == turn::Transmit::To::Peer) {
    const auto relay = relays_.find(transmit.relay);
    if (relay != relays_.end()) network.send(now, host_, relay->second, transmit.peer, bytes);
  } else if (transmit.path.is_stream()) {
    network.send_stream(now, host_, StreamId{transmit.path.connection.value()}, bytes);
  } else {
    network.send(now, host_, transmit.path.local, transmit.path.client, bytes);
  }
}

}  // namespace duet::sim
