// SPDX-License-Identifier: MIT
// One end of a call in the simulated network.
#include "peer_node.hpp"

#include <algorithm>
#include <array>

namespace duet::sim {

namespace {

peer::ConnectionConfig complete(World& world, peer::ConnectionConfig config) {
  if (!config.transport.identity) {
    config.transport.identity =
        dtls::Identity::generate(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
  }
  config.clock = rtp::NtpClock{world.now(), rtp::NtpTime{std::uint64_t{3'900'000'000} << 32}};
  return config;
}

}  // namespace

PeerNode::PeerNode(World& world, HostId host, peer::ConnectionConfig config, std::uint16_t port)
    : world_{world},
      host_{host},
      port_{port},
      connection_{world.random(), complete(world, std::move(config))} {
  add_addresses();
  connection_.end_of_local_addresses(world.now());
  world.add(host, *this);
}

void PeerNode::add_addresses() {
  addresses_ = world_.network().addresses(host_);
  for (const IpAddress& address : addresses_) {
    connection_.add_local_address(world_.now(), {address, port_});
    connection_.add_local_tcp_address(world_.now(), {address, 0});
  }
}

void PeerNode::follow_addresses() {
  const std::vector<IpAddress>& now = world_.network().addresses(host_);
  for (const IpAddress& old : addresses_) {
    if (std::ranges::find(now, old) != now.end()) continue;
    connection_.remove_local_address(world_.now(), {old, port_});
    connection_.remove_local_address(world_.now(), {old, 0});
  }
  add_addresses();
}

void PeerNode::listen_on_tcp(std::uint16_t port) {
  for (const IpAddress& address : addresses_) {
    world_.network().listen(host_, {address, port});
    connection_.add_local_tcp_address(world_.now(), {address, port});
  }
}

void PeerNode::call() { describe(); }

void PeerNode::restart() {
  ++restarts;
  connection_.restart_ice(world_.now());
  describe();
}

std::optional<PeerNode::Way> PeerNode::way() const {
  const ice::Agent* const agent = connection_.transport().ice();
  if (agent == nullptr) return std::nullopt;
  const auto pairs = agent->pair_stats();
  const auto selected = std::ranges::find_if(pairs, &ice::PairStats::is_selected);
  if (selected == pairs.end()) return std::nullopt;
  Way way;
  for (const ice::CandidateStats& stats : agent->candidate_stats()) {
    if (stats.id == selected->remote) way.remote = stats.candidate;
    if (stats.id != selected->local) continue;
    way.local = stats.candidate;
    way.relay = stats.relay;
  }
  return way;
}

void PeerNode::describe() {
  note(connection_.set_local_description(world_.now()));
  if (const auto description = connection_.negotiation().local_description()) {
    tell([description = *description](PeerNode& mate) { mate.receive(description); });
  }
}

void PeerNode::receive(const peer::SessionDescription& description) {
  note(connection_.set_remote_description(world_.now(), description));
  if (connection_.signaling_state() == peer::SignalingState::HaveRemoteOffer) describe();
}

void PeerNode::tell(std::function<void(PeerNode&)> what) {
  world_.in(signaling_delay_, [mate = mate_, what = std::move(what)] { what(*mate); });
}

void PeerNode::note(const Result<void, peer::Error>& result) {
  if (!result) errors.push_back(result.error().message);
}

void PeerNode::handle_event(Instant now, Event& event) {
  if (auto* datagram = std::get_if<DatagramArrived>(&event.what)) {
    connection_.handle_datagram(now, datagram->local, datagram->remote, datagram->bytes);
    while (auto told = connection_.poll_event()) handle(*told);  // while the bytes are there
    return;
  }
  if (const auto* accepted = std::get_if<StreamAccepted>(&event.what)) {
    const auto stream = connection_.handle_stream_accepted(now, accepted->local, accepted->remote);
    if (!stream) return world_.network().close_stream(now, host_, accepted->id);
    remember_stream(accepted->id, *stream, ice::Framing::Rfc4571);
  } else if (const auto* opened = std::get_if<StreamOpened>(&event.what)) {
    if (to_ice_.contains(opened->id)) {
      connection_.handle_stream_connected(now, to_ice_.at(opened->id));
    }
  } else if (const auto* data = std::get_if<StreamReceived>(&event.what)) {
    if (!to_ice_.contains(data->id)) return;
    const ice::StreamId stream = to_ice_.at(data->id);
    auto& [framing, kept] = received_[stream];
    kept.insert(kept.end(), data->bytes.begin(), data->bytes.end());
    for (;;) {
      const ice::Frame frame = ice::next_frame(framing, kept);
      if (frame.kind != ice::Frame::Kind::Whole) break;
      std::vector<std::byte> packet{frame.packet.begin(), frame.packet.end()};
      connection_.handle_frame(now, stream, packet);
      while (auto told = connection_.poll_event()) handle(*told);
      kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(frame.size));
    }
  } else if (const auto* closed = std::get_if<StreamClosed>(&event.what)) {
    if (!to_ice_.contains(closed->id)) return;
    const ice::StreamId stream = to_ice_.at(closed->id);
    to_ice_.erase(closed->id);
    to_network_.erase(stream);
    connection_.handle_stream_closed(now, stream);
  }
}

void PeerNode::handle_timeout(Instant now) { connection_.handle_timeout(now); }

void PeerNode::flush(Instant now, Network& network) {
  while (auto event = connection_.poll_event()) handle(*event);
  for (const ice::StreamWanted& wanted : std::exchange(wanted_, {})) {
    const Endpoint local{wanted.local.address, next_stream_port_++};
    remember_stream(network.connect(now, host_, local, wanted.remote), wanted.stream,
                    wanted.framing);
  }
  for (const ice::StreamId stream : std::exchange(unwanted_, {})) {
    if (!to_network_.contains(stream)) continue;
    network.close_stream(now, host_, to_network_.at(stream));
    to_ice_.erase(to_network_.at(stream));
    to_network_.erase(stream);
  }
  std::array<std::byte, peer::Connection::kMinMemory> memory{};
  while (const auto outgoing = connection_.poll_transmit(now, memory)) {
    std::vector<std::byte> bytes{outgoing->head_view().begin(), outgoing->head_view().end()};
    bytes.insert(bytes.end(), outgoing->payload.begin(), outgoing->payload.end());
    bytes.resize(bytes.size() + outgoing->padding);
    const ice::Route& route = outgoing->route;
    if (route.stream == ice::StreamId{}) {
      network.send(now, host_, route.local, route.remote, bytes);
    } else if (to_network_.contains(route.stream)) {
      network.send_stream(now, host_, to_network_.at(route.stream), bytes);
    }
  }
}

void PeerNode::remember_stream(StreamId network, ice::StreamId ice, ice::Framing framing) {
  to_ice_[network] = ice;
  to_network_[ice] = network;
  received_[ice].first = framing;
}

void PeerNode::handle(const peer::Event& event) {
  on_event(event);
  if (const auto* found = std::get_if<peer::IceCandidateFound>(&event)) {
    tell([candidate = found->candidate](PeerNode& mate) {
      mate.note(mate.connection_.add_ice_candidate(mate.world_.now(), candidate));
    });
  } else if (const auto* changed = std::get_if<peer::ConnectionStateChanged>(&event)) {
    states.push_back(changed->state);
    const bool is_lost = changed->state == peer::ConnectionState::Disconnected ||
                         changed->state == peer::ConnectionState::Failed;
    if (is_lost && restarts_when_lost_) world_.in(0ms, [this] { restart(); });
  } else if (const auto* dtls = std::get_if<peer::DtlsStateChanged>(&event)) {
    if (dtls->state == peer::DtlsState::Connected && !media_ready) media_ready = world_.now();
  } else if (const auto* inner = std::get_if<ice::Event>(&event)) {
    handle(*inner);
  } else if (std::holds_alternative<peer::MediaReceived>(event)) {
    ++packets;
  } else if (const auto* data = std::get_if<data_channel::Event>(&event)) {
    const auto opened = [this](data_channel::ChannelId id) {
      if (!channel_open) channel_open = world_.now();
      if (!channel) channel = id;
    };
    if (const auto* ours = std::get_if<data_channel::Opened>(data)) opened(ours->channel);
    if (const auto* theirs = std::get_if<data_channel::Announced>(data)) opened(theirs->channel);
    if (const auto* message = std::get_if<data_channel::MessageReceived>(data)) {
      message_bytes += message->bytes.size();
      messages.push_back(message->bytes);
    }
  }
}

void PeerNode::handle(const ice::Event& event) {
  if (const auto* wanted = std::get_if<ice::StreamWanted>(&event)) wanted_.push_back(*wanted);
  if (const auto* unwanted = std::get_if<ice::StreamUnwanted>(&event)) {
    unwanted_.push_back(unwanted->stream);
  }
}

}  // namespace duet::sim
