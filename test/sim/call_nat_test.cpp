// SPDX-License-Identifier: MIT
// Whole calls between all kinds of routers: each pair connects, and directly where it can be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sim/homes.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace duet::sim {
namespace {

struct Kind {
  const char* name;
  Access access;
};

const std::array kKinds = {
    Kind{"open", std::nullopt},
    Kind{"full_cone", NatBehaviour::full_cone()},
    Kind{"restricted_cone", NatBehaviour::restricted_cone()},
    Kind{"port_restricted_cone", NatBehaviour::port_restricted_cone()},
    Kind{"symmetric", NatBehaviour::symmetric()},
    Kind{"symmetric_by_address",
         NatBehaviour{.mapping = Dependence::Address, .filtering = Dependence::Address}},
    Kind{"udp_blocked", NatBehaviour::udp_blocked()},
};

constexpr std::size_t kPairs = kKinds.size() * kKinds.size();

NatBehaviour behaviour_of(const Access& access) {
  return access.value_or(NatBehaviour::full_cone());  // a public address is as open as that
}

/// Whether a check of `from` reaches `to` at the address that a server saw, once `to` has sent one
/// to `from` at the address that a server saw.
bool reaches(const Access& from, const Access& to) {
  const NatBehaviour sender = behaviour_of(from);
  const NatBehaviour receiver = behaviour_of(to);
  if (!sender.udp || !receiver.udp) return false;
  if (receiver.filtering == Dependence::EndpointIndependent) return true;
  // What it sent left from another mapping, and opened only that.
  if (receiver.mapping != Dependence::EndpointIndependent) return false;
  return receiver.filtering == Dependence::Address ||
         sender.mapping == Dependence::EndpointIndependent;
}

bool is_direct_possible(const Access& one, const Access& other) {
  return reaches(one, other) || reaches(other, one);
}

struct NatPair {
  std::size_t number;
  Kind alice;
  Kind bob;
};

void PrintTo(const NatPair& pair, std::ostream* out) {
  *out << pair.alice.name << " to " << pair.bob.name;
}

std::vector<NatPair> all_pairs() {
  std::vector<NatPair> pairs;
  for (const Kind& alice : kKinds) {
    for (const Kind& bob : kKinds) pairs.push_back({pairs.size(), alice, bob});
  }
  return pairs;
}

Link link_of(std::uint64_t seed) {
  return {.delay = Duration{1ms} * (1 + seed * 7 % 60), .jitter = 3ms};
}

class CallNat : public testing::TestWithParam<NatPair> {};

void expect_the_right_way(const Homes& homes, const NatPair& pair) {
  const bool is_direct = is_direct_possible(pair.alice.access, pair.bob.access);
  for (const PeerNode* node : {&homes.alice, &homes.bob}) {
    const auto way = node->way();
    ASSERT_TRUE(way);
    EXPECT_EQ(way->is_relayed(), !is_direct)
        << way->local.serialize() << " -> " << way->remote.serialize();
    const Access& access = node == &homes.alice ? pair.alice.access : pair.bob.access;
    if (!behaviour_of(access).udp) {
      EXPECT_EQ(way->local.type, ice::CandidateType::Relay);
      EXPECT_NE(way->relay, ice::Carrier::Udp);
    }
  }
}

TEST_P(CallNat, ConnectsDirectlyWhereItCanBe) {
  for (const std::uint64_t seed : seeds(3, GetParam().number, kPairs)) {
    SCOPED_TRACE(replay_hint(seed));
    Homes homes{
        seed,
        {.alice = GetParam().alice.access, .bob = GetParam().bob.access, .link = link_of(seed)}};
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    homes.world.run_for(3s);
    expect_the_right_way(homes, GetParam());
    EXPECT_TRUE(homes.can_talk(2s));
    EXPECT_THAT(homes.alice.errors, testing::IsEmpty());
    EXPECT_THAT(homes.bob.errors, testing::IsEmpty());
  }
}

// No port of the relay is open but its own: what it carries never leaves its memory.
TEST_P(CallNat, ConnectsByARelayInMemory) {
  for (const std::uint64_t seed : seeds(1, GetParam().number, kPairs)) {
    SCOPED_TRACE(replay_hint(seed));
    Homes homes{seed,
                {.alice = GetParam().alice.access,
                 .bob = GetParam().bob.access,
                 .link = link_of(seed),
                 .policy = ice::Policy::Relay,
                 .relays = TurnNode::Relays::InMemory}};
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    for (const PeerNode* node : {&homes.alice, &homes.bob}) {
      EXPECT_EQ(node->way()->local.type, ice::CandidateType::Relay);
      EXPECT_EQ(node->way()->remote.type, ice::CandidateType::Relay);
    }
    EXPECT_TRUE(homes.can_talk(2s));
  }
}

INSTANTIATE_TEST_SUITE_P(Pairs, CallNat, testing::ValuesIn(all_pairs()), [](const auto& pair) {
  return std::string{pair.param.alice.name} + "_to_" + pair.param.bob.name;
});

TEST(CallNatHome, TwoOfOneHomeSpeakWithinIt) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    SeededOpenssl openssl{seed};
    World world{seed};
    VirtualClock clock{world.now()};
    Network& network = world.network();
    const SegmentId home =
        network.add_router(network.internet(), ip("203.0.113.1"), NatBehaviour::symmetric());
    PeerNode alice{world, network.add_host(home, {ip("192.168.1.2")})};
    PeerNode bob{world, network.add_host(home, {ip("192.168.1.3")})};
    alice.signal_to(bob, 5ms);
    bob.signal_to(alice, 5ms);
    world.on_time(VirtualClock::set);
    (void)alice.connection().create_data_channel(world.now(), {.label = "chat"});
    alice.call();
    ASSERT_TRUE(world.run_until([&] { return alice.channel_open && bob.channel_open; }, 2s));
    EXPECT_EQ(alice.way()->local.type, ice::CandidateType::Host);
    EXPECT_EQ(alice.way()->remote.type, ice::CandidateType::Host);
  }
}

// RFC 6544: who can't send UDP connects to who takes TCP.
TEST(CallNatHome, TcpReachesAnOpenHostWithoutARelay) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    Homes homes{seed, {.alice = NatBehaviour::udp_blocked(), .knows_relay = false}};
    homes.bob.listen_on_tcp(443);
    homes.dial();
    ASSERT_TRUE(homes.run_until_open(5s));
    EXPECT_EQ(homes.alice.way()->remote.protocol, ice::Protocol::Tcp);
    EXPECT_FALSE(homes.is_relayed());
    EXPECT_TRUE(homes.can_talk(2s));
  }
}

}  // namespace
}  // namespace duet::sim
