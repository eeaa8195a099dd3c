// SPDX-License-Identifier: MIT
// Tests of packets between clients and peers.
#include <duet/turn/test_lab.hpp>

#include <gtest/gtest.h>

namespace duet::turn {
namespace {

const Endpoint kPeer = endpoint("8.8.8.8", 9000);

std::string_view data_of(const stun::Message& message) { return message.text(AttributeType::Data); }

struct TurnRelay : testing::Test {
  Lab lab{Lab::with_ports()};
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};

  void SetUp() override { ASSERT_EQ(client.allocate().code(), 0); }

  RelayId relay() { return lab.events_of<OpenRelaySocket>().back().relay; }

  std::vector<Packet> from_peer(const Endpoint& peer, std::string_view text) {
    lab.server.handle_peer(lab.now, relay(), peer, as_bytes(text));
    return lab.take();
  }
};

TEST_F(TurnRelay, SendsToAPeerWithoutCopying) {
  client.permit({kPeer});
  const auto packets = client.send(kPeer, "hello");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_FALSE(packets[0].is_to_client());
  EXPECT_EQ(packets[0].transmit.peer, kPeer);
  EXPECT_EQ(packets[0].transmit.relay, relay());
  EXPECT_EQ(as_text(packets[0].bytes), "hello");
  EXPECT_EQ(packets[0].transmit.head_size, 0);
}

TEST_F(TurnRelay, BringsWhatAPeerSendsAsData) {
  EXPECT_TRUE(from_peer(kPeer, "too early").empty());
  client.permit({kPeer});
  for (const std::string_view text : {"", "h", "hello", "hellohell"}) {
    const auto packets = from_peer(kPeer, text);
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_EQ(packets[0].transmit.path, client.path);
    const auto message = packets[0].message();
    EXPECT_EQ(message.type(), (stun::MessageType{Class::Indication, Method::Data}));
    EXPECT_EQ(stun::find_xor_address(message, AttributeType::XorPeerAddress), kPeer);
    EXPECT_EQ(data_of(message), text);
  }
}

TEST_F(TurnRelay, CarriesChannelDataBothWays) {
  client.bind(0x4001, kPeer);
  auto packets = client.send_channel(0x4001, "ping");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].transmit.peer, kPeer);
  EXPECT_EQ(as_text(packets[0].bytes), "ping");
  packets = from_peer(kPeer, "pong!");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(as_text(packets[0].bytes), (std::string_view{"\x40\x01\0\5pong!", 9}));
  // Another port of the same peer has the permission, and no channel.
  packets = from_peer({kPeer.address, 1}, "x");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(data_of(packets[0].message()), "x");
  EXPECT_EQ(lab.server.counters().relayed, (Totals{1, 4, 2, 6}));
}

TEST_F(TurnRelay, CarriesWhatComesForAChannelForAsLongAsItIsBound) {
  client.refresh(3600);
  client.bind(0x4001, kPeer);
  lab.wait(300s);
  EXPECT_EQ(from_peer(kPeer, "x").size(), 1u);
  EXPECT_TRUE(from_peer({kPeer.address, 1}, "x").empty()) << "the permission is over";
  lab.wait(299s);
  EXPECT_EQ(from_peer(kPeer, "x").size(), 1u);
  lab.wait(1s);
  EXPECT_TRUE(from_peer(kPeer, "x").empty());
}

TEST_F(TurnRelay, IgnoresPaddingInDatagramsAndRefusesLengthsThatLie) {
  client.bind(0x4001, kPeer);
  const auto give = [&](std::string_view bytes) { return lab.give(client.path, as_bytes(bytes)); };
  EXPECT_EQ(give({"\x40\x01\0\1x\0\0\0", 8}).at(0).transmit.payload.size(), 1u);
  EXPECT_EQ(give({"\x40\x01\0\0", 4}).at(0).transmit.payload.size(), 0u);
  EXPECT_TRUE(give({"\x40\x01\0\2x", 5}).empty());
  EXPECT_TRUE(give({"\x40\x01\xff\xffx", 5}).empty());
  EXPECT_TRUE(give({"\x40\x01\0", 3}).empty());
  EXPECT_TRUE(give({"\xff\xff\0\1x", 5}).empty());
  EXPECT_EQ(lab.refused(Reason::Malformed), 4u);
}

TEST_F(TurnRelay, PadsChannelDataInStreams) {  // RFC 8656 §12.5
  TestClient other{lab, TestClient::tcp("203.0.113.6", 4000)};
  ASSERT_EQ(other.allocate().code(), 0);
  other.bind(0x4000, kPeer);
  const auto packets = from_peer(kPeer, "12345");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(as_text(packets[0].bytes),
            (std::string_view{"\x40\0\0\5\x31\x32\x33\x34\x35\0\0\0", 12}));
}

TEST_F(TurnRelay, PassesOnDontFragment) {
  client.permit({kPeer});
  const auto indication = [&](AttributeType flag) {
    std::array<std::byte, 64> buffer{};
    stun::Writer writer{buffer, {Class::Indication, Method::Send}, {}};
    writer.add_xor_address(AttributeType::XorPeerAddress, kPeer);
    writer.add_flag(flag);
    writer.add(AttributeType::Data, "x");
    return lab.give(client.path, writer.finish());
  };
  EXPECT_TRUE(indication(AttributeType::DontFragment).at(0).transmit.dont_fragment);
  EXPECT_TRUE(indication(AttributeType{0x7123}).empty());  // unknown, and must be known
  EXPECT_FALSE(indication(AttributeType{0x8123}).empty());
}

TEST_F(TurnRelay, TellsWhatTheNetworkSaidOfAPeer) {  // RFC 8656 §11.5
  const auto icmp = [&](const Endpoint& peer, const Icmp& said) {
    lab.server.handle_icmp(lab.now, relay(), peer, said);
    return lab.take();
  };
  EXPECT_TRUE(icmp(kPeer, {3, 3, 0}).empty()) << "without permission";
  client.permit({kPeer});
  auto packets = icmp(kPeer, {3, 3, 99});
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].transmit.path, client.path);
  const auto message = packets[0].message();
  EXPECT_EQ(message.type(), (stun::MessageType{Class::Indication, Method::Data}));
  EXPECT_EQ(stun::find_xor_address(message, AttributeType::XorPeerAddress), kPeer);
  EXPECT_EQ(message.text(AttributeType::Icmp), (std::string_view{"\0\0\3\3\0\0\0\0", 8}));
  EXPECT_FALSE(message.has(AttributeType::Data));
  packets = icmp(kPeer, {3, 4, 1400});
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].message().text(AttributeType::Icmp),
            (std::string_view{"\0\0\3\4\0\0\x05\x78", 8}));
  EXPECT_EQ(icmp(kPeer, {11, 0, 0}).size(), 1u);
  for (const auto type : std::initializer_list<std::uint8_t>{0, 1, 2, 4, 5, 8, 12}) {
    EXPECT_TRUE(icmp(kPeer, {type, 0, 0}).empty());
  }
  EXPECT_TRUE(icmp({client.relayed.address, 22}, {3, 3, 0}).empty()) << "of this host's services";
  EXPECT_EQ(lab.server.counters().relayed, Totals{});
}

struct TurnInMemory : testing::Test {
  Lab lab;
  TestClient alice{lab, TestClient::udp("203.0.113.5", 4000)};
  TestClient bob{lab, TestClient::tcp("203.0.113.6", 4000), {"bob", "builder"}};

  void SetUp() override {
    ASSERT_EQ(alice.allocate().code(), 0);
    ASSERT_EQ(bob.allocate().code(), 0);
  }
};

TEST_F(TurnInMemory, HandsOverBetweenItsOwnRelayedAddresses) {
  EXPECT_EQ(alice.permit({bob.relayed}).code(), 0);
  EXPECT_EQ(bob.permit({alice.relayed}).code(), 0);
  auto packets = alice.send(bob.relayed, "hi");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_TRUE(packets[0].is_to_client());
  EXPECT_EQ(packets[0].transmit.path, bob.path);
  EXPECT_EQ(data_of(packets[0].message()), "hi");
  EXPECT_EQ(stun::find_xor_address(packets[0].message(), AttributeType::XorPeerAddress),
            alice.relayed);
  EXPECT_EQ(alice.bind(0x4000, bob.relayed).code(), 0);
  EXPECT_EQ(bob.bind(0x4444, alice.relayed).code(), 0);
  packets = alice.send_channel(0x4000, "12345");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(as_text(packets[0].bytes),
            (std::string_view{"\x44\x44\0\5\x31\x32\x33\x34\x35\0\0\0", 12}));
  EXPECT_TRUE(lab.events_of<OpenRelaySocket>().empty());
}

TEST_F(TurnInMemory, NeedsThePermissionOfBoth) {
  alice.permit({bob.relayed});
  // Both share an address here, so a permission for oneself is one for the other.
  EXPECT_TRUE(alice.send(bob.relayed, "hi").empty());
  EXPECT_EQ(lab.refused(Reason::NoPermission), 1u);
}

TEST_F(TurnInMemory, NeverReachesWhoTookTheSamePortLater) {
  alice.permit({bob.relayed});
  bob.permit({alice.relayed});
  alice.bind(0x4000, bob.relayed);
  EXPECT_EQ(alice.send_channel(0x4000, "x").size(), 1u);
  bob.refresh(0);
  EXPECT_TRUE(alice.send_channel(0x4000, "x").empty());
  EXPECT_EQ(lab.refused(Reason::ForbiddenPeer), 1u);
}

TEST_F(TurnInMemory, RefusesPeersOutsideWithoutRelayPorts) {
  EXPECT_EQ(alice.permit({kPeer}).code(), 403);
  EXPECT_EQ(alice.bind(0x4000, kPeer).code(), 403);
  EXPECT_TRUE(alice.send(kPeer, "x").empty());
}

TEST_F(TurnInMemory, ServesTwoMachinesOfOneLan) {
  TestClient near{lab, TestClient::udp("192.168.1.20", 1, "192.168.1.10")};
  TestClient far{lab, TestClient::udp("192.168.1.21", 1, "192.168.1.10")};
  near.allocate();
  far.allocate();
  EXPECT_EQ(near.permit({far.relayed}).code(), 0);
  EXPECT_EQ(far.permit({near.relayed}).code(), 0);
  EXPECT_EQ(near.send(far.relayed, "x").size(), 1u);
  EXPECT_EQ(near.permit({endpoint("192.168.1.21", 1)}).code(), 403);
}

}  // namespace
}  // namespace duet::turn
