// SPDX-License-Identifier: MIT
// Two people at home, each behind a router or at none, and a relay on the internet between them.
#pragma once

#include "peer_node.hpp"
#include "seeded_openssl.hpp"
#include "turn_node.hpp"
#include "virtual_clock.hpp"
#include "world.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace duet::sim {

inline IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

/// What stands between a person and the internet; nothing: a public address.
using Access = std::optional<NatBehaviour>;

struct HomesOptions {
  Access alice = {};
  Access bob = {};
  Link link = {.delay = 10ms};  // of each host, both ways; the relay's is perfect
  ice::Policy policy = ice::Policy::All;
  TurnNode::Relays relays = TurnNode::Relays::WithSockets;
  bool knows_relay = true;
};

struct Homes {
  explicit Homes(std::uint64_t seed, HomesOptions options = {})
      : options_{std::move(options)},
        openssl{seed},
        world{seed},
        clock{world.now()},
        relay_host{world.network().add_host(world.network().internet(), {ip("192.0.2.1")})},
        relay{world, relay_host, options_.relays},
        alice_host{add_host(options_.alice, "203.0.113.1", "198.51.100.1")},
        bob_host{add_host(options_.bob, "203.0.113.2", "198.51.100.2")},
        alice{world, alice_host, config()},
        bob{world, bob_host, config()} {
    alice.signal_to(bob, 5ms);
    bob.signal_to(alice, 5ms);
    world.on_time(VirtualClock::set);
  }

  void dial() {
    (void)alice.connection().create_data_channel(world.now(), {.label = "chat"});
    (void)alice.connection().add_transceiver(world.now(), peer::MediaKind::Audio);
    (void)alice.connection().add_transceiver(world.now(), peer::MediaKind::Video);
    alice.call();
  }

  bool run_until_open(Duration limit) {
    return world.run_until([&] { return alice.channel_open && bob.channel_open; }, limit);
  }

  /// A message each way arrives.
  bool can_talk(Duration limit) {
    const std::size_t at_alice = alice.messages.size();
    const std::size_t at_bob = bob.messages.size();
    if (!alice.connection().send_text(world.now(), *alice.channel, "hello Bob")) return false;
    if (!bob.connection().send_text(world.now(), *bob.channel, "hello Alice")) return false;
    return world.run_until(
        [&] { return alice.messages.size() > at_alice && bob.messages.size() > at_bob; }, limit);
  }

  bool is_relayed() const { return alice.way()->is_relayed(); }

 private:
  /// Every home has the same addresses inside, as homes do.
  HostId add_host(const Access& access, std::string_view router, std::string_view open) {
    Network& network = world.network();
    if (!access) {
      return network.add_host(network.internet(), {ip(open)}, options_.link, options_.link);
    }
    const SegmentId inside = network.add_router(network.internet(), ip(router), *access);
    return network.add_host(inside, {ip("192.168.1.2")}, options_.link, options_.link);
  }

  peer::ConnectionConfig config() const {
    peer::ConnectionConfig config;
    config.transport.policy = options_.policy;
    if (options_.knows_relay) config.transport.servers = relay.as_all();
    return config;
  }

  HomesOptions options_;

 public:
  SeededOpenssl openssl;
  World world;
  VirtualClock clock;
  HostId relay_host;
  TurnNode relay;
  HostId alice_host;
  HostId bob_host;
  PeerNode alice;
  PeerNode bob;
};

}  // namespace duet::sim
