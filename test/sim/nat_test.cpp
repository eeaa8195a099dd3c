// SPDX-License-Identifier: MIT
// Each kind of NAT, by what it lets in.
#include <gtest/gtest.h>
#include <sim/nat.hpp>

namespace duet::sim {
namespace {

constexpr Instant kNow{1min};
const IpAddress kOutside = *IpAddress::parse("203.0.113.1");
const Endpoint kInside{*IpAddress::parse("192.168.1.2"), 5000};
const Endpoint kAlice{*IpAddress::parse("198.51.100.1"), 1000};
const Endpoint kAliceElsewhere{kAlice.address, 1001};
const Endpoint kBob{*IpAddress::parse("198.51.100.2"), 1000};

struct NatTest : testing::Test {
  bool lets_in(Nat& nat, const Endpoint& from, std::uint16_t port) {
    return nat.incoming(kNow, Protocol::Udp, from, port) == kInside;
  }

  SeededRandom random{1};
};

TEST_F(NatTest, AFullConeLetsEverybodyIn) {
  Nat nat{NatBehaviour::full_cone(), kOutside, random};
  const auto port = nat.outgoing(kNow, Protocol::Udp, kInside, kAlice)->port;
  EXPECT_TRUE(lets_in(nat, kBob, port));
  EXPECT_FALSE(lets_in(nat, kBob, static_cast<std::uint16_t>(port + 1)));
}

TEST_F(NatTest, ARestrictedConeLetsInWhoseAddressWasContacted) {
  Nat nat{NatBehaviour::restricted_cone(), kOutside, random};
  const auto port = nat.outgoing(kNow, Protocol::Udp, kInside, kAlice)->port;
  EXPECT_TRUE(lets_in(nat, kAliceElsewhere, port));
  EXPECT_FALSE(lets_in(nat, kBob, port));
}

TEST_F(NatTest, APortRestrictedConeLetsInWhoWasContacted) {
  Nat nat{NatBehaviour::port_restricted_cone(), kOutside, random};
  const auto port = nat.outgoing(kNow, Protocol::Udp, kInside, kAlice)->port;
  EXPECT_TRUE(lets_in(nat, kAlice, port));
  EXPECT_FALSE(lets_in(nat, kAliceElsewhere, port));
  EXPECT_EQ(nat.outgoing(kNow, Protocol::Udp, kInside, kBob)->port, port);
}

TEST_F(NatTest, ASymmetricOneHasAPortForEachPeer) {
  Nat nat{NatBehaviour::symmetric(), kOutside, random};
  const auto to_alice = nat.outgoing(kNow, Protocol::Udp, kInside, kAlice)->port;
  const auto to_bob = nat.outgoing(kNow, Protocol::Udp, kInside, kBob)->port;
  EXPECT_NE(to_alice, to_bob);
  EXPECT_TRUE(lets_in(nat, kBob, to_bob));
  EXPECT_FALSE(lets_in(nat, kBob, to_alice));
}

TEST_F(NatTest, AMappingEndsWithoutOutgoingPackets) {
  Nat nat{NatBehaviour::full_cone(), kOutside, random};
  const auto port = nat.outgoing(kNow, Protocol::Udp, kInside, kAlice)->port;
  EXPECT_TRUE(nat.incoming(kNow + 120s, Protocol::Udp, kAlice, port));
  EXPECT_FALSE(nat.incoming(kNow + 121s, Protocol::Udp, kAlice, port));
  EXPECT_NE(nat.outgoing(kNow + 121s, Protocol::Udp, kInside, kAlice)->port, port);
}

TEST_F(NatTest, UdpAndTcpAreApart) {
  Nat nat{NatBehaviour::udp_blocked(), kOutside, random};
  EXPECT_FALSE(nat.outgoing(kNow, Protocol::Udp, kInside, kAlice));
  EXPECT_TRUE(nat.outgoing(kNow, Protocol::Tcp, kInside, kAlice));
}

}  // namespace
}  // namespace duet::sim
