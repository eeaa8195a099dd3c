// SPDX-License-Identifier: MIT
// Whole calls whose path changes or dies, or does to packets what a path may do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sim/homes.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace duet::sim {
namespace {

using peer::ConnectionState;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

constexpr Link kDead{.is_down = true};

Access cone() { return NatBehaviour::port_restricted_cone(); }

bool never_failed(const PeerNode& node) {
  return std::ranges::find(node.states, ConnectionState::Failed) == node.states.end();
}

/// Sends packets of sound each 20 ms, as a call does.
class Sound {
 public:
  Sound(World& world, PeerNode& from) : world_{world}, from_{from} { next(); }

  std::uint32_t sent = 0;

 private:
  void next() {
    world_.in(20ms, [this] {
      constexpr std::array<std::byte, 100> kPayload{};
      const auto id = from_.connection().negotiation().transceivers()[0].id;
      const auto said = from_.connection().send(
          world_.now(), id, {.timestamp = rtp::Timestamp{960 * sent}, .payload = kPayload});
      if (said) ++sent;
      next();
    });
  }

  World& world_;
  PeerNode& from_;
};

/// Two relays; whoever needs one finds both.
struct TwoRelays : Homes {
  explicit TwoRelays(std::uint64_t seed)
      : Homes{seed,
              {.alice = NatBehaviour::symmetric(),
               .bob = NatBehaviour::symmetric(),
               .knows_relay = false}},
        other_host{world.network().add_host(world.network().internet(), {ip("192.0.2.2")})},
        other{world, other_host} {}

  void tell_servers(const std::vector<const TurnNode*>& relays) {
    std::vector<ice::Server> servers;
    for (const TurnNode* node : relays) servers.push_back(node->as_turn());
    alice.connection().set_servers(world.now(), servers);
    bob.connection().set_servers(world.now(), servers);
  }

  HostId host_of(const Endpoint& relayed) const {
    return relayed.address == ip("192.0.2.1") ? relay_host : other_host;
  }

  HostId other_host;
  TurnNode other;
};

TEST(CallPath, ARelayDiesAndAnotherTakesItsPlace) {
  for (const std::uint64_t seed : seeds(10)) {
    SCOPED_TRACE(replay_hint(seed));
    TwoRelays homes{seed};
    homes.tell_servers({&homes.relay, &homes.other});
    homes.alice.restart_when_lost();
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    homes.world.run_for(10s);
    ASSERT_TRUE(homes.is_relayed());
    const Endpoint used = homes.alice.way()->local.type == ice::CandidateType::Relay
                              ? homes.alice.way()->local.endpoint
                              : homes.alice.way()->remote.endpoint;
    homes.world.network().change_link(homes.host_of(used), kDead, kDead);
    EXPECT_TRUE(homes.can_talk(15s));
    EXPECT_TRUE(homes.is_relayed());
    EXPECT_TRUE(never_failed(homes.alice) && never_failed(homes.bob));
  }
}

// The one that is there was not known before: renewed credentials come with other servers.
TEST(CallPath, ARestartFindsARelayThatIsNew) {
  for (const std::uint64_t seed : seeds(10)) {
    SCOPED_TRACE(replay_hint(seed));
    TwoRelays homes{seed};
    homes.tell_servers({&homes.relay});
    homes.alice.restart_when_lost();
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    homes.world.run_for(10s);
    homes.tell_servers({&homes.other});
    homes.world.network().change_link(homes.relay_host, kDead, kDead);
    EXPECT_TRUE(homes.can_talk(15s));
    EXPECT_EQ(homes.alice.way()->remote.endpoint.address, ip("192.0.2.2"));
    EXPECT_GE(homes.alice.restarts, 1);
  }
}

// A seat's credential ends, and with it every allocation that was not told of the next one.
TEST(CallPath, OutlivesItsCredentials) {
  constexpr Duration kLife = 10min;
  for (const std::uint64_t seed : seeds(3, 0, 20)) {  // of a sweep a part, since each is long
    SCOPED_TRACE(replay_hint(seed));
    TwoRelays homes{seed};
    const auto renew = [&] {
      ice::Server server = homes.relay.as_turn();
      server.credential = TurnNode::credential_until(homes.world.now() + kLife);
      homes.alice.connection().set_servers(homes.world.now(), {server});
      homes.bob.connection().set_servers(homes.world.now(), {server});
    };
    renew();
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    for (int i = 0; i < 8; ++i) {
      homes.world.run_for(kLife / 2);
      renew();
    }
    EXPECT_TRUE(homes.can_talk(1s));
    EXPECT_THAT(homes.alice.states, Not(Contains(ConnectionState::Disconnected)));
    EXPECT_THAT(homes.bob.states, Not(Contains(ConnectionState::Disconnected)));
    EXPECT_TRUE(homes.is_relayed());
  }
}

enum class Mover : std::uint8_t { Caller, Callee };

class CallMoves : public testing::TestWithParam<Mover> {};

/// To a telephone's network: another router, another address, the old one dead.
void move(Homes& homes, Mover who, Duration noticed_after) {
  Network& network = homes.world.network();
  const SegmentId mobile =
      network.add_router(network.internet(), ip("203.0.113.9"), NatBehaviour::symmetric());
  network.move_host(who == Mover::Caller ? homes.alice_host : homes.bob_host, mobile,
                    {ip("10.20.30.40")});
  PeerNode& mover = who == Mover::Caller ? homes.alice : homes.bob;
  homes.world.in(noticed_after, [&mover] { mover.follow_addresses(); });
}

TEST_P(CallMoves, ToAnotherNetworkWithoutBeingAsked) {
  for (const std::uint64_t seed : seeds(10)) {
    SCOPED_TRACE(replay_hint(seed));
    Homes homes{seed, {.alice = cone(), .bob = cone()}};
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    homes.world.run_for(10s);
    EXPECT_FALSE(homes.is_relayed());
    move(homes, GetParam(), 200ms * static_cast<int>(seed % 10));
    // Up to 1.8 s until it is noticed, 2.75 s of consent checks at the other end.
    EXPECT_TRUE(homes.can_talk(6s));
    EXPECT_TRUE(homes.is_relayed());  // as symmetric as the new router is
    EXPECT_TRUE(never_failed(homes.alice) && never_failed(homes.bob));
    EXPECT_THAT(homes.alice.errors, IsEmpty());
    EXPECT_THAT(homes.bob.errors, IsEmpty());
  }
}

TEST_P(CallMoves, WhileTheRelayIsAllThereIs) {
  for (const std::uint64_t seed : seeds(10)) {
    SCOPED_TRACE(replay_hint(seed));
    Homes homes{seed,
                {.alice = cone(),
                 .bob = cone(),
                 .policy = ice::Policy::Relay,
                 .relays = TurnNode::Relays::InMemory}};
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    homes.world.run_for(10s);
    move(homes, GetParam(), 500ms);
    EXPECT_TRUE(homes.can_talk(10s));
    EXPECT_TRUE(never_failed(homes.alice) && never_failed(homes.bob));
  }
}

INSTANTIATE_TEST_SUITE_P(Ends, CallMoves, testing::Values(Mover::Caller, Mover::Callee),
                         [](const auto& who) {
                           return who.param == Mover::Caller ? "Caller" : "Callee";
                         });

TEST(CallPath, TwoSecondsOfSilenceEndNoCall) {
  for (const std::uint64_t seed : seeds(20)) {
    SCOPED_TRACE(replay_hint(seed));
    const Link link{.delay = 25ms, .jitter = 5ms};
    Homes homes{seed, {.alice = cone(), .bob = cone(), .link = link}};
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    Sound sound{homes.world, homes.alice};
    homes.world.run_for(Duration{1s} + 137ms * static_cast<int>(seed % 50));
    Network& network = homes.world.network();
    network.change_link(homes.alice_host, kDead, kDead);
    const Instant silent_at = homes.world.now();
    homes.world.in(2s, [&] { network.change_link(homes.alice_host, link, link); });
    ASSERT_TRUE(homes.can_talk(6s));
    // SCTP's first retransmissions were lost as well; the next one comes within two seconds.
    EXPECT_LE(homes.world.now() - silent_at, 4500ms);
    const std::size_t before = homes.bob.packets;
    homes.world.run_for(1s);
    EXPECT_GE(homes.bob.packets, before + 48);
    EXPECT_TRUE(never_failed(homes.alice) && never_failed(homes.bob));
    EXPECT_EQ(homes.alice.connection().connection_state(), ConnectionState::Connected);
  }
}

TEST(CallPath, AnOutageAtTheBeginningOnlyDelays) {
  for (const std::uint64_t seed : seeds(20)) {
    SCOPED_TRACE(replay_hint(seed));
    const Link link{.delay = 25ms, .jitter = 5ms};
    Homes homes{seed, {.alice = cone(), .bob = cone(), .link = link}};
    homes.dial();
    Network& network = homes.world.network();
    homes.world.in(10ms * static_cast<int>(seed % 30),
                   [&] { network.change_link(homes.bob_host, kDead, kDead); });
    homes.world.in(10ms * static_cast<int>(seed % 30) + 2s,
                   [&] { network.change_link(homes.bob_host, link, link); });
    ASSERT_TRUE(homes.run_until_open(6s));
    EXPECT_TRUE(homes.can_talk(3s));
  }
}

TEST(CallPath, WhateverHappensToPacketsMessagesAreWholeAndMediaComesOnce) {
  for (const std::uint64_t seed : seeds(20)) {
    SCOPED_TRACE(replay_hint(seed));
    Homes homes{seed,
                {.alice = cone(),
                 .bob = cone(),
                 .link = {.delay = 20ms,
                          .jitter = 15ms,
                          .loss_percent = 1,
                          .burst_percent = 2,
                          .burst_packets = 6,
                          .duplicate_percent = 5,
                          .reorder_percent = 5,
                          .reorder_by = 40ms}}};
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(10s));
    Sound sound{homes.world, homes.alice};
    for (int i = 0; i < 40; ++i) {
      const std::string text =
          std::to_string(i) + std::string(static_cast<std::size_t>(i) * 250, ' ');
      EXPECT_TRUE(homes.bob.connection().send_text(homes.world.now(), *homes.bob.channel, text));
    }
    ASSERT_TRUE(homes.world.run_until([&] { return homes.alice.messages.size() == 40; }, 30s));
    for (std::size_t i = 0; i < 40; ++i) {
      const auto text = as_text(homes.alice.messages[i]);
      EXPECT_TRUE(text.starts_with(std::to_string(i) + " ") || i == 0) << i;
    }
    homes.world.run_for(10s);
    EXPECT_LE(homes.bob.packets, sound.sent);
    EXPECT_GE(homes.bob.packets, sound.sent * 8 / 10);
    EXPECT_THAT(homes.alice.states, Not(Contains(ConnectionState::Failed)));
  }
}

}  // namespace
}  // namespace duet::sim
