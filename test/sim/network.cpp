// SPDX-License-Identifier: MIT
// How a packet goes through links and routers.
#include "network.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace duet::sim {

namespace {

constexpr std::size_t kHeadersV4 = 28;  // IPv4 and UDP
constexpr std::size_t kHeadersV6 = 48;

}  // namespace

SegmentId Network::add_router(SegmentId outside, IpAddress address, NatBehaviour behaviour, Link up,
                              Link down) {
  const SegmentId inside{segments_.size()};
  segments_.emplace_back(routers_.size());
  routers_.push_back({outside, inside, Nat{behaviour, address, *random_},
                      Pipe<Packet>{up, *random_}, Pipe<Packet>{down, *random_}});
  return inside;
}

HostId Network::add_host(SegmentId segment, std::vector<IpAddress> addresses, Link up, Link down) {
  hosts_.push_back({segment,
                    std::move(addresses),
                    {},
                    {},
                    Pipe<Packet>{up, *random_},
                    Pipe<Packet>{down, *random_},
                    Pipe<Packet>{{}, *random_}});
  return HostId{hosts_.size() - 1};
}

void Network::move_host(HostId host, SegmentId segment, std::vector<IpAddress> addresses) {
  hosts_[host.value()].segment = segment;
  hosts_[host.value()].addresses = std::move(addresses);
}

void Network::close_all_but(HostId host, std::set<std::uint16_t> ports) {
  hosts_[host.value()].open_ports = std::move(ports);
}

void Network::change_link(HostId host, Link up, Link down) {
  hosts_[host.value()].up.change(up);
  hosts_[host.value()].down.change(down);
}

Nat& Network::nat(SegmentId inside) { return routers_[*segments_[inside.value()]].nat; }

void Network::send(Instant now, HostId host, const Endpoint& from, const Endpoint& to,
                   std::span<const std::byte> bytes) {
  enter(now, host,
        {.kind = Kind::Datagram,
         .stream = {},
         .from = from,
         .to = to,
         .bytes = {bytes.begin(), bytes.end()}});
}

void Network::listen(HostId host, const Endpoint& local) {
  hosts_[host.value()].listening.insert(local);
}

StreamId Network::connect(Instant now, HostId host, const Endpoint& from, const Endpoint& to) {
  const StreamId id{++next_stream_};
  streams_[{host, id}] = {from, to};
  enter(now, host, {.kind = Kind::Syn, .stream = id, .from = from, .to = to, .bytes = {}});
  return id;
}

void Network::send_stream(Instant now, HostId host, StreamId id, std::span<const std::byte> bytes) {
  const auto found = streams_.find({host, id});
  if (found == streams_.end()) return;
  enter(now, host,
        {.kind = Kind::Data,
         .stream = id,
         .from = found->second.from,
         .to = found->second.to,
         .bytes = {bytes.begin(), bytes.end()}});
}

void Network::close_stream(Instant now, HostId host, StreamId id) {
  const auto found = streams_.find({host, id});
  if (found == streams_.end()) return;
  const Stream stream = found->second;
  streams_.erase(found);
  enter(now, host,
        {.kind = Kind::Fin, .stream = id, .from = stream.from, .to = stream.to, .bytes = {}});
}

std::optional<Event> Network::poll_event(Instant now) {
  for (;;) {
    if (!events_.empty()) {
      Event event = std::move(events_.front());
      events_.pop_front();
      return event;
    }
    if (!next_ || *next_ > now) return std::nullopt;
    const Instant due = *std::exchange(next_, std::nullopt);
    // One packet, one step; what happens at the same instant happens in the order of the hosts.
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      Host& host = hosts_[i];
      if (auto packet = host.up.poll(due)) route(due, host.segment, std::move(*packet));
      if (auto packet = host.down.poll(due)) arrive(due, HostId{i}, std::move(*packet));
      if (auto packet = host.inside.poll(due)) arrive(due, HostId{i}, std::move(*packet));
      look(host.up);
      look(host.down);
      look(host.inside);
    }
    for (Router& router : routers_) {
      if (auto packet = router.up.poll(due)) route(due, router.outside, std::move(*packet));
      if (auto packet = router.down.poll(due)) come_in(due, router, std::move(*packet));
      look(router.up);
      look(router.down);
    }
  }
}

void Network::look(const Pipe<Packet>& pipe) {
  const auto at = pipe.next_timeout();
  if (at && (!next_ || *at < *next_)) next_ = at;
}

void Network::enter(Instant now, HostId id, Packet packet) {
  Host& host = hosts_[id.value()];
  const auto has = [&host](const IpAddress& address) {
    return address.is_loopback() ||
           std::ranges::find(host.addresses, address) != host.addresses.end();
  };
  if (!has(packet.from.address)) return;  // an address it had before it moved
  push(now, has(packet.to.address) ? host.inside : host.up, std::move(packet));
}

void Network::route(Instant now, SegmentId segment, Packet packet) {
  for (Host& host : hosts_) {
    if (host.segment != segment) continue;
    if (std::ranges::find(host.addresses, packet.to.address) == host.addresses.end()) continue;
    if (!host.open_ports.empty() && !host.open_ports.contains(packet.to.port)) return;
    return push(now, host.down, std::move(packet));
  }
  for (Router& router : routers_) {
    if (router.outside == segment && router.nat.outside() == packet.to.address) {
      return push(now, router.down, std::move(packet));
    }
  }
  const auto router = segments_[segment.value()];
  if (router) leave(now, routers_[*router], std::move(packet));
}

void Network::leave(Instant now, Router& router, Packet packet) {
  const auto source = router.nat.outgoing(now, protocol_of(packet), packet.from, packet.to);
  if (!source) return;
  packet.from = *source;
  if (packet.to.address != router.nat.outside()) {
    return push(now, router.up, std::move(packet));
  }
  if (router.nat.behaviour().hairpins) come_in(now, router, std::move(packet));
}

void Network::come_in(Instant now, Router& router, Packet packet) {
  const auto inside = router.nat.incoming(now, protocol_of(packet), packet.from, packet.to.port);
  if (!inside) return;
  packet.to = *inside;
  route(now, router.inside, std::move(packet));
}

void Network::arrive(Instant now, HostId host, Packet packet) {
  note(now, packet);
  if (packet.kind == Kind::Datagram) {
    events_.push_back({host, DatagramArrived{packet.to, packet.from, std::move(packet.bytes)}});
  } else if (auto event = arrive_stream(now, host, packet)) {
    events_.push_back(std::move(*event));
  }
}

std::optional<Event> Network::arrive_stream(Instant now, HostId host, Packet& packet) {
  const StreamId id = packet.stream;
  if (packet.kind == Kind::Syn) {
    const bool accepted = hosts_[host.value()].listening.contains(packet.to);
    if (accepted) streams_[{host, id}] = {packet.to, packet.from};
    enter(now, host,
          {.kind = accepted ? Kind::SynAck : Kind::Fin,
           .stream = id,
           .from = packet.to,
           .to = packet.from,
           .bytes = {}});
    if (!accepted) return std::nullopt;
    return Event{host, StreamAccepted{id, packet.to, packet.from}};
  }
  if (!streams_.contains({host, id})) return std::nullopt;
  switch (packet.kind) {
    case Kind::SynAck:
      return Event{host, StreamOpened{id}};
    case Kind::Data:
      return Event{host, StreamReceived{id, std::move(packet.bytes)}};
    default:
      streams_.erase({host, id});
      return Event{host, StreamClosed{id}};
  }
}

void Network::push(Instant now, Pipe<Packet>& pipe, Packet packet) {
  const std::size_t size =
      packet.bytes.size() + (packet.to.address.is_v4() ? kHeadersV4 : kHeadersV6);
  const auto loss =
      packet.kind == Kind::Datagram ? Pipe<Packet>::Loss::AsTheLinkSays : Pipe<Packet>::Loss::None;
  pipe.transmit(now, std::move(packet), size, loss);
  look(pipe);
}

void Network::note(Instant now, const Packet& packet) {
  const auto time = now.time_since_epoch().count();
  digest_.add(std::as_bytes(std::span{&time, 1}));
  for (const Endpoint* endpoint : {&packet.from, &packet.to}) {
    digest_.add(std::as_bytes(std::span{endpoint->address.bytes()}));
    digest_.add(std::as_bytes(std::span{&endpoint->port, 1}));
  }
  digest_.add(packet.bytes);
}

}  // namespace duet::sim
