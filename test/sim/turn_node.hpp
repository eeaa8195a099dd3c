// SPDX-License-Identifier: MIT
// A STUN and TURN server in the simulated network.
#pragma once

#include "world.hpp"
#include <duet/ice/config.hpp>
#include <duet/turn/server.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace duet::sim {

/// turn::Server on a host: UDP and TCP at kPort, and what passes for TLS, which is TCP without the
/// cryptography, at kTlsPort. Relayed addresses have sockets, or exist in memory only.
class TurnNode final : public Node {
 public:
  static constexpr std::uint16_t kPort = 3478;
  static constexpr std::uint16_t kTlsPort = 5349;

  enum class Relays : std::uint8_t { WithSockets, InMemory };

  /// At the first address of the host.
  TurnNode(World& world, HostId host, Relays relays = Relays::WithSockets);

  /// What a client has to be told of it.
  ice::Server as_turn(ice::Carrier carrier = ice::Carrier::Udp) const;
  ice::Server as_stun() const;
  /// Over UDP, TCP and TLS, as a page is told of `duet turn`.
  std::vector<ice::Server> as_all() const;

  /// What the server takes until `expiry`.
  static turn::Credential credential_until(Instant expiry);

  turn::Server& machine() { return server_; }

  void handle_event(Instant now, Event& event) override;

  void handle_timeout(Instant now) override { server_.handle_timeout(now); }

  std::optional<Instant> next_timeout() const override { return server_.next_timeout(); }

  void flush(Instant now, Network& network) override;

 private:
  struct Stream {
    turn::Path path;
    std::vector<std::byte> received;  // and not taken yet
    std::size_t used = 0;             // of it; it goes once what it caused was sent
  };

  static turn::Config config_for(Relays relays);
  void handle_datagram(Instant now, const DatagramArrived& datagram);
  void handle_stream(Instant now, Stream& stream);
  void send(Instant now, Network& network, const turn::Transmit& transmit);

  HostId host_;
  IpAddress address_;
  turn::Server server_;
  std::map<turn::RelayId, Endpoint> relays_;
  std::map<Endpoint, turn::RelayId> relay_at_;
  std::map<StreamId, Stream> streams_;
};

}  // namespace duet::sim
