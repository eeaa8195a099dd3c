// SPDX-License-Identifier: MIT
// One end of a call in the simulated network: a peer::Connection, its sockets and its streams.
#pragma once

#include "world.hpp"
#include <duet/peer/connection.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace duet::sim {

/// A program that calls, or is called, and does what every program does: it answers offers, signals
/// its candidates, takes data channels. Tests look at what happened and ask for more.
class PeerNode final : public Node {
 public:
  /// Sockets at `port` of each address of the host.
  /// @param config  its identity and its clock are made here
  PeerNode(World& world, HostId host, peer::ConnectionConfig config = {},
           std::uint16_t port = 5000);

  peer::Connection& connection() { return connection_; }

  /// What is said to `mate` takes `delay`, and is never lost.
  void signal_to(PeerNode& mate, Duration delay) {
    mate_ = &mate;
    signaling_delay_ = delay;
  }

  /// Makes an offer, and signals it.
  void call();

  /// An offer with an ICE restart.
  void restart();

  /// From now on this end restarts ICE whenever it has lost its mate, as the one who called does.
  void restart_when_lost() { restarts_when_lost_ = true; }

  /// Takes TCP connections too (RFC 6544), at this port of each address.
  void listen_on_tcp(std::uint16_t port);

  /// The addresses of the host have changed: those that are gone, and those that came.
  void follow_addresses();

  /// The way that packets go now; nothing while there is none.
  struct Way {
    ice::Candidate local;
    ice::Candidate remote;
    std::optional<ice::Carrier> relay;  // how our own relay is reached, if it is used

    bool is_relayed() const {
      return local.type == ice::CandidateType::Relay || remote.type == ice::CandidateType::Relay;
    }
  };

  std::optional<Way> way() const;

  void handle_event(Instant now, Event& event) override;
  void handle_timeout(Instant now) override;

  std::optional<Instant> next_timeout() const override { return connection_.next_timeout(); }

  void flush(Instant now, Network& network) override;

  // What happened.
  bool is_connected() const {
    return connection_.connection_state() == peer::ConnectionState::Connected;
  }

  /// When media could be sent first, and when the first data channel opened; since the world began.
  std::optional<Instant> media_ready;
  std::optional<Instant> channel_open;
  std::optional<data_channel::ChannelId> channel;  // the first that opened
  std::vector<std::vector<std::byte>> messages;
  std::size_t message_bytes = 0;
  std::size_t packets = 0;  // of media
  std::vector<peer::ConnectionState> states;
  int restarts = 0;
  std::vector<std::string> errors;  // of calls that this class made

  /// Called with each event before it is acted on.
  std::function<void(const peer::Event&)> on_event = [](const peer::Event&) {};

 private:
  void handle(const peer::Event& event);
  void handle(const ice::Event& event);
  void describe();
  void receive(const peer::SessionDescription& description);
  void tell(std::function<void(PeerNode&)> what);
  void note(const Result<void, peer::Error>& result);
  void add_addresses();
  void remember_stream(StreamId network, ice::StreamId ice, ice::Framing framing);

  World& world_;
  HostId host_;
  std::uint16_t port_;
  std::vector<IpAddress> addresses_;
  peer::Connection connection_;
  PeerNode* mate_ = nullptr;
  Duration signaling_delay_{};
  bool restarts_when_lost_ = false;
  std::uint16_t next_stream_port_ = 40000;
  std::map<StreamId, ice::StreamId> to_ice_;
  std::map<ice::StreamId, StreamId> to_network_;
  std::map<ice::StreamId, std::pair<ice::Framing, std::vector<std::byte>>> received_;
  std::vector<ice::StreamWanted> wanted_;
  std::vector<ice::StreamId> unwanted_;
};

}  // namespace duet::sim
