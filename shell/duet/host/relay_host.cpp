// SPDX-License-Identifier: MIT
// Drives the TURN server's machine from UDP sockets and streams.
#include <duet/host/relay_host.hpp>
#include <duet/host/turn_stream.hpp>
#include <duet/host/wall_clock.hpp>
#include <duet/log/log.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace duet::host {
namespace {

/// All clients share these sockets; this much is a tenth of a second at 400 Mb/s.
constexpr int kReceiveBuffer = 4 * 1024 * 1024;

/// What the network said of datagrams of one relayed address; the loop calls again for the rest.
constexpr int kComplaintsPerTurn = 16;

std::string_view to_string(turn::Transport transport) {
  switch (transport) {
    case turn::Transport::Udp:
      return "udp";
    case turn::Transport::Tcp:
      return "tcp";
    case turn::Transport::Tls:
      return "tls";
  }
  return {};
}

std::string_view to_string(turn::AllocationEnded::Why why) {
  switch (why) {
    case turn::AllocationEnded::Why::Refreshed:
      return "given back";
    case turn::AllocationEnded::Why::Expired:
      return "expired";
    case turn::AllocationEnded::Why::ConnectionClosed:
      return "connection closed";
  }
  return {};
}

}  // namespace

RelayHost::RelayHost(net::EventLoop& loop, turn::Config config, Random& random)
    : loop_{loop},
      machine_{std::move(config), random, wall_clock_at_zero(loop.now())},
      timer_{loop, [this] {
               const Instant now = loop_.now();
               machine_.handle_timeout(now);
               flush(now);
             }} {}

RelayHost::~RelayHost() = default;

Endpoint RelayHost::listen(const Endpoint& endpoint) {
  const std::size_t index = listeners_.size();
  auto socket =
      std::make_unique<net::UdpSocket>(loop_, endpoint, [this, index] { handle_readable(index); });
  socket->set_receive_buffer(kReceiveBuffer);
  listeners_.push_back(std::move(socket));
  return listeners_.back()->local();
}

std::unique_ptr<http::Protocol> RelayHost::accept_stream(http::Connection& connection) {
  return std::make_unique<TurnStream>(*this, connection);
}

void RelayHost::set_surroundings(std::vector<IpAddress> own_addresses) {
  machine_.set_own_addresses(std::move(own_addresses));
  machine_.set_unix_time(loop_.now(), wall_clock());
}

RelayHost::Counters RelayHost::counters() const {
  Counters counters = counters_;
  counters.lost = sender_.counters().lost;
  return counters;
}

void RelayHost::add_stream(turn::ConnectionId id, TurnStream& stream) {
  streams_.insert_or_assign(id, &stream);
}

void RelayHost::remove_stream(const turn::Path& path) {
  streams_.erase(path.connection);
  ended_.push_back(path);  // perhaps in the middle of a flush, which reads what the machine said
  schedule_flush();
}

void RelayHost::handle_message(Instant now, const turn::Path& path,
                               std::span<const std::byte> bytes) {
  machine_.handle_client(now, path, bytes);
}

bool RelayHost::has_allocation(const turn::Path& path) const {
  return machine_.has_allocation(path);
}

void RelayHost::handle_readable(std::size_t listener) {
  const Instant now = loop_.now();
  turn::Path path;
  for (const net::Datagram& datagram : receiver_.receive(*listeners_[listener])) {
    path.client = datagram.from;
    path.local = datagram.local;
    machine_.handle_client(now, path, datagram.bytes);
  }
  flush_if_full(now);
}

void RelayHost::handle_readable(turn::RelayId relay) {
  const auto at = relays_.find(relay);
  if (at == relays_.end()) return;
  const Instant now = loop_.now();
  for (const net::Datagram& datagram : receiver_.receive(*at->second)) {
    machine_.handle_peer(now, relay, datagram.from, datagram.bytes);
  }
  flush_if_full(now);
}

void RelayHost::handle_complaints(turn::RelayId relay) {
  const auto at = relays_.find(relay);
  if (at == relays_.end()) return;
  for (int i = 0; i < kComplaintsPerTurn; ++i) {
    const auto complaint = at->second->receive_complaint();
    if (!complaint) break;
    machine_.handle_icmp(loop_.now(), relay, complaint->to,
                         {complaint->type, complaint->code, complaint->mtu});
  }
  schedule_flush();
}

/// Else at the turn's end, together with what else will have arrived.
void RelayHost::flush_if_full(Instant now) {
  if (receiver_.is_full()) return flush(now);
  schedule_flush();
}

void RelayHost::schedule_flush() {
  if (std::exchange(flush_scheduled_, true)) return;
  loop_.defer([this] {
    flush_scheduled_ = false;
    flush(loop_.now());
  });
}

void RelayHost::flush(Instant now) {
  do {
    for (const turn::Transmit& transmit : machine_.poll_transmits()) send(now, transmit);
    sender_.flush();
    receiver_.release();
    closed_.clear();
    for (const turn::Path& path : std::exchange(ended_, {})) {
      machine_.handle_stream_closed(now, path);
    }
  } while (handle_events(now));
  arm_timer();
}

void RelayHost::send(Instant now, const turn::Transmit& transmit) {
  const net::UdpPayload payload{transmit.head_view(), transmit.payload, transmit.padding};
  if (transmit.to == turn::Transmit::To::Peer) {
    const auto at = relays_.find(transmit.relay);
    if (at == relays_.end()) return;
    net::UdpSocket& socket = *at->second;
    if (!transmit.dont_fragment) {
      return sender_.add(socket, socket.local().address, transmit.peer, payload);
    }
    sender_.flush();  // in order
    socket.send_unfragmented(transmit.peer, transmit.payload);
  } else if (transmit.path.is_stream()) {
    const auto at = streams_.find(transmit.path.connection);
    if (at == streams_.end()) return;
    at->second->send(now, payload.head, payload.body, payload.padding);
  } else if (net::UdpSocket* const socket = socket_at(transmit.path.local)) {
    sender_.add(*socket, transmit.path.local.address, transmit.path.client, payload);
  }
}

/// The listener that is bound to this address, or to all of its family.
net::UdpSocket* RelayHost::socket_at(const Endpoint& local) {
  for (const auto& socket : listeners_) {
    const Endpoint& bound = socket->local();
    if (bound.port != local.port) continue;
    if (bound.address == local.address) return socket.get();
    if (bound.address.is_unspecified() && bound.address.family() == local.address.family()) {
      return socket.get();
    }
  }
  return nullptr;
}

/// Whether there were any: a socket that was opened is an answer to send.
bool RelayHost::handle_events(Instant now) {
  bool any = false;
  while (const auto event = machine_.poll_event()) {
    any = true;
    std::visit([&](const auto& kind) { handle(now, kind); }, *event);
  }
  return any;
}

void RelayHost::handle(Instant now, const turn::OpenRelaySocket& event) {
  bool opened = false;
  try {
    auto socket = std::make_unique<net::UdpSocket>(
        loop_, event.local, [this, relay = event.relay] { handle_readable(relay); });
    socket->hear_complaints([this, relay = event.relay] { handle_complaints(relay); });
    relays_.insert_or_assign(event.relay, std::move(socket));
    opened = true;
  } catch (const std::system_error& error) {
    DUET_DEBUG(Turn, "relay port not to be had", {"port", event.local.port},
               {"reason", error.code().message()});
  }
  machine_.handle_relay_socket(now, event.relay, opened);
}

void RelayHost::handle(Instant /*now*/, const turn::CloseRelaySocket& event) {
  const auto at = relays_.find(event.relay);
  if (at == relays_.end()) return;
  closed_.push_back(std::move(at->second));
  relays_.erase(at);
}

void RelayHost::handle(Instant /*now*/, const turn::AllocationMade& event) {
  ++allocations_[static_cast<std::size_t>(event.transport)];
}

void RelayHost::handle(Instant /*now*/, const turn::AllocationMoved& event) {
  --allocations_[static_cast<std::size_t>(event.from)];
  ++allocations_[static_cast<std::size_t>(event.to)];
}

void RelayHost::handle(Instant /*now*/, const turn::AllocationEnded& event) {
  --allocations_[static_cast<std::size_t>(event.transport)];
  DUET_INFO(Turn, "allocation ended", {"transport", to_string(event.transport)},
            {"why", to_string(event.why)},
            {"seconds", std::chrono::duration_cast<std::chrono::seconds>(event.age).count()},
            {"bytes_from_client", event.totals.from_client_bytes},
            {"bytes_to_client", event.totals.to_client_bytes});
}

void RelayHost::arm_timer() {
  const auto next = machine_.next_timeout();
  if (next && *next < timer_.when()) timer_.set(*next);
}

}  // namespace duet::host
