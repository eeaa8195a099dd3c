// SPDX-License-Identifier: MIT
// Tests of what strangers and users must not achieve.
#include <duet/turn/test_lab.hpp>

#include <gtest/gtest.h>

#include <malloc.h>

namespace duet::turn {
namespace {

/// Nothing may reach `address`, by any of the ways there are.
void expect_unreachable(Lab& lab, TestClient& client, const std::string& address) {
  SCOPED_TRACE(address);
  EXPECT_EQ(client.permit({endpoint(address, 22)}).code(), 403);
  EXPECT_EQ(client.permit({endpoint("8.8.8.8", 1), endpoint(address, 22)}).code(), 403);
  EXPECT_EQ(client.bind(0x4000, endpoint(address, 22)).code(), 403);
  EXPECT_TRUE(client.send(endpoint(address, 22), "x").empty());
  EXPECT_TRUE(client.send_channel(0x4000, "x").empty());
  EXPECT_EQ(lab.server.counters().relayed, Totals{});
}

struct TurnSafety : testing::Test {
  Lab lab{Lab::with_ports()};
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};

  void SetUp() override {
    lab.server.set_relay_address({*IpAddress::parse("2a00::7"), std::nullopt});
    ASSERT_EQ(client
                  .allocate([](stun::Writer& w) {
                    w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24);
                  })
                  .code(),
              0);
  }
};

TEST_F(TurnSafety, Cve202026262RelayToLoopbackByZeroAndV6) {
  for (const char* address : {"127.0.0.1", "0.0.0.0", "0.0.0.1", "::1", "::"}) {
    expect_unreachable(lab, client, address);
  }
}

TEST_F(TurnSafety, Cve202627624RelayToLoopbackByMappedForms) {
  for (const char* address : {"::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1",
                              "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:169.254.169.254"}) {
    expect_unreachable(lab, client, address);
  }
}

TEST_F(TurnSafety, IsNoProxyIntoTheInnerNetwork) {
  lab.server.set_own_addresses({*IpAddress::parse("198.51.100.77")});
  for (const char* address :
       {"10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "fe80::1", "fc00::1", "ff02::1", "198.51.100.77"}) {
    expect_unreachable(lab, client, address);
  }
}

TEST_F(TurnSafety, OpensOnlyRelayedAddressesOfItsOwnAddress) {
  const Endpoint service{client.relayed.address, 22};
  EXPECT_EQ(client.permit({service}).code(), 0);
  EXPECT_EQ(client.bind(0x4000, service).code(), 403);
  EXPECT_TRUE(client.send(service, "x").empty());
  EXPECT_EQ(lab.refused(Reason::ForbiddenPeer), 2u);
  EXPECT_EQ(client.send(client.relayed, "x").size(), 1u);
  // Nor does what such a service sends come in, though there is a permission for its address.
  const RelayId relay = lab.events_of<OpenRelaySocket>().front().relay;
  lab.server.handle_peer(lab.now, relay, service, as_bytes("x"));
  EXPECT_TRUE(lab.take().empty());
}

// None of the ways around the check of the first packet: a permission for one peer opens no other,
// a channel stays with its peer, and what an inner host sends does not come out.
TEST_F(TurnSafety, IsNoProxyByAnotherPeersPermissionOrChannel) {
  const Endpoint outside = endpoint("8.8.8.8", 53);
  const Endpoint inside = endpoint("10.0.0.1", 53);
  ASSERT_EQ(client.permit({outside}).code(), 0);
  ASSERT_EQ(client.bind(0x4000, outside).code(), 0);
  EXPECT_EQ(client.bind(0x4000, inside).code(), 403);
  EXPECT_TRUE(client.send(inside, "x").empty());
  EXPECT_EQ(client.send_channel(0x4000, "x").at(0).transmit.peer, outside);
  const RelayId relay = lab.events_of<OpenRelaySocket>().front().relay;
  lab.server.handle_peer(lab.now, relay, inside, as_bytes("x"));
  EXPECT_TRUE(lab.take().empty());
  // Two addresses in one indication: the first counts, whatever the second is.
  std::array<std::byte, 128> buffer{};
  stun::Writer writer{buffer, {Class::Indication, Method::Send}, {}};
  writer.add_xor_address(AttributeType::XorPeerAddress, outside);
  writer.add_xor_address(AttributeType::XorPeerAddress, inside);
  writer.add(AttributeType::Data, "x");
  EXPECT_EQ(lab.give(client.path, writer.finish()).at(0).transmit.peer, outside);
}

TEST_F(TurnSafety, PeersThatBecomeForbiddenAreCutOff) {
  const Endpoint peer = endpoint("198.51.100.77", 22);
  ASSERT_EQ(client.bind(0x4000, peer).code(), 0);
  EXPECT_EQ(client.send_channel(0x4000, "x").size(), 1u);
  lab.server.set_own_addresses({peer.address});  // this host got another address
  EXPECT_TRUE(client.send_channel(0x4000, "x").empty());
  EXPECT_TRUE(client.send(peer, "x").empty());
  const RelayId relay = lab.events_of<OpenRelaySocket>().front().relay;
  lab.server.handle_peer(lab.now, relay, peer, as_bytes("x"));
  EXPECT_TRUE(lab.take().empty());
}

TEST_F(TurnSafety, Channel0xFFFFIsNone) {
  const Endpoint peer = endpoint("8.8.8.8", 53);
  for (const auto number : std::initializer_list<std::uint16_t>{0x0000, 0x3FFF, 0x8000, 0xFFFF}) {
    EXPECT_EQ(client.bind(number, peer).code(), 400) << number;
    EXPECT_TRUE(client.send_channel(number, "x").empty()) << number;
  }
  // Nor with the 16 bits of RFFU around it.
  const auto ask = [&](std::uint32_t value) {
    return client
        .ask(Method::ChannelBind,
             [&](stun::Writer& w) {
               w.add_u32(AttributeType::ChannelNumber, value);
               w.add_xor_address(AttributeType::XorPeerAddress, peer);
             })
        .code();
  };
  EXPECT_EQ(ask(0xFFFFFFFF), 400);
  EXPECT_EQ(ask(0x0000FFFF), 400);
  EXPECT_EQ(ask(0x4000FFFF), 0);  // RFC 8656 §18.1: ignored
  EXPECT_EQ(lab.server.counters().relayed, Totals{});
}

// Every request and every packet of data, cut anywhere and with any length that lies.
TEST_F(TurnSafety, TruncatedAndLyingLengthsChangeNothing) {
  const Endpoint peer = endpoint("8.8.8.8", 53);
  ASSERT_EQ(client.bind(0x4000, peer).code(), 0);
  std::array<std::byte, 128> buffer{};
  stun::Writer indication{buffer, {Class::Indication, Method::Send}, {}};
  indication.add_xor_address(AttributeType::XorPeerAddress, peer);
  indication.add(AttributeType::Data, "data");
  const auto with_peer = [&](stun::Writer& w) {
    w.add_u32(AttributeType::ChannelNumber, 0x40010000);
    w.add_xor_address(AttributeType::XorPeerAddress, endpoint("9.9.9.9", 53));
  };
  const std::vector<std::vector<std::byte>> packets = {
      {indication.finish().begin(), indication.finish().end()},
      client.signed_request(Method::ChannelBind, with_peer),
      client.signed_request(Method::CreatePermission, with_peer),
      client.signed_request(Method::Refresh,
                            [](stun::Writer& w) { w.add_u32(AttributeType::Lifetime, 0); }),
  };
  for (const auto& packet : packets) {
    for (std::size_t size = 0; size < packet.size(); ++size) {
      EXPECT_TRUE(lab.give(client.path, std::span{packet}.first(size)).empty());
    }
    // The header's length, and that of the first attribute.
    for (const std::size_t at : {std::size_t{2}, std::size_t{22}}) {
      const auto right = static_cast<std::uint16_t>(std::to_integer<unsigned>(packet[at]) << 8 |
                                                    std::to_integer<unsigned>(packet[at + 1]));
      for (std::uint32_t length = 0; length <= 0xFFFF; ++length) {
        if (length == right) continue;
        auto lying = packet;
        lying[at] = static_cast<std::byte>(length >> 8);
        lying[at + 1] = static_cast<std::byte>(length & 0xFF);
        for (const Packet& answer : lab.give(client.path, lying)) {
          // Whole by chance, and not what was signed.
          ASSERT_TRUE(answer.is_to_client());
          ASSERT_NE(answer.code(), 0) << at << " " << length;
        }
      }
    }
  }
  EXPECT_EQ(lab.server.counters().allocations, 1u);
  EXPECT_EQ(lab.server.counters().relayed, Totals{});
  EXPECT_TRUE(client.send(endpoint("9.9.9.9", 53), "x").empty());
  EXPECT_TRUE(client.send_channel(0x4001, "x").empty());
  EXPECT_EQ(lab.give(client.path, packets[0]).size(), 1u);
}

TEST(TurnSafetyOverride, OpensWhatTheOperatorNames) {
  Config config = Lab::with_ports();
  config.allowed_peers = {*IpPrefix::parse("127.0.0.0/8"), *IpPrefix::parse("192.0.2.1")};
  Lab lab{config};
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.allocate();
  for (const char* address : {"127.0.0.1", "192.0.2.1"}) {
    const Endpoint peer = endpoint(address, 7);
    EXPECT_EQ(client.permit({peer}).code(), 0);
    EXPECT_EQ(client.send(peer, "x").at(0).transmit.peer, peer);
    const RelayId relay = lab.events_of<OpenRelaySocket>().front().relay;
    lab.server.handle_peer(lab.now, relay, peer, as_bytes("x"));
    EXPECT_EQ(lab.take().size(), 1u);
  }
}

TEST(TurnSafetyLimits, AMillionSpoofedAllocatesCostNoMemory) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const auto request = client.unsigned_request(Method::Allocate, TestClient::ask_udp);
  Path path = client.path;
  std::size_t answers = 0;
  const auto flood = [&](std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = from; i < to; ++i) {
      path.client.address =
          IpAddress::v4({static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                         static_cast<std::uint8_t>(i), 9});
      lab.now += 10us;
      lab.server.handle_client(lab.now, path, request);
      answers += lab.server.poll_transmits().size();
    }
  };
  flood(0, 1000);
  const std::size_t before = mallinfo2().uordblks;
  flood(1000, 1'000'000);
  const std::size_t after = mallinfo2().uordblks;
  EXPECT_LT(after, before + 1'000'000);
  EXPECT_GT(answers, 100'000u);
  EXPECT_EQ(lab.server.counters().allocations, 0u);
  // A user gets through nevertheless.
  EXPECT_EQ(client.allocate().code(), 0);
}

TEST(TurnSafetyLimits, OneSourceGetsAHundredAnswersASecond) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const auto request = client.unsigned_request(Method::Binding, [](stun::Writer&) {});
  std::size_t answers = 0;
  for (int i = 0; i < 20'000; ++i) {
    lab.now += 500us;
    answers += lab.give(client.path, request).size();
  }
  EXPECT_GE(answers, 1300u);
  EXPECT_LE(answers, 1450u);
  Config config = Lab::standard();
  config.limits = Limits::none();
  Lab unlimited{config};
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(unlimited.give(client.path, request).size(), 1u);
}

TEST(TurnSafetyLimits, APermissionFloodStaysInItsBounds) {
  Lab lab{Lab::with_ports()};
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.allocate();
  const std::size_t before = mallinfo2().uordblks;
  int granted = 0;
  for (unsigned i = 0; i < 5000; ++i) {
    const auto high = static_cast<std::uint8_t>(i >> 8);
    const Endpoint peer{IpAddress::v4({8, 8, high, static_cast<std::uint8_t>(i)}), 1};
    granted += client.permit({peer}).code() == 0;
  }
  EXPECT_EQ(granted, 128);
  EXPECT_LT(mallinfo2().uordblks, before + 16'000);
}

TEST(TurnSafetyLimits, AnAllocationWithItsChannelTakesTwoKilobytes) {
  Config config = Lab::standard();
  config.limits = Limits::none();
  Lab lab{config};
  const auto allocate = [&](unsigned i) {
    TestClient client{lab, TestClient::udp("203.0.113.5", static_cast<std::uint16_t>(1 + i)),
                      make_time_limited(kSecret, "x8KdfDs93kfjSDF0sdfkjSDf", kWallClock + 5000s)};
    EXPECT_EQ(client.allocate().code(), 0);
    EXPECT_EQ(client.bind(0x4000, client.relayed).code(), 0);
  };
  for (unsigned i = 0; i < 100; ++i) allocate(i);
  while (lab.server.poll_event()) continue;
  lab.events = {};
  const std::size_t before = mallinfo2().uordblks;
  for (unsigned i = 100; i < 2100; ++i) allocate(i);
  lab.events = {};
  const std::size_t each = (mallinfo2().uordblks - before) / 2000;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LT(each, 2048u);
}

TEST(TurnSafetyLimits, OtherPacketsAreDropped) {
  Lab lab;
  const Path path = TestClient::udp("203.0.113.5", 4000);
  for (const std::string_view bytes :
       {std::string_view{""}, std::string_view{"\x16\x03\x01\x02\x00", 5},
        std::string_view{"\x80\0\0\0\0\0\0\0\0\0\0\0", 12}, std::string_view{"\0\1\0\0", 4},
        std::string_view{"\x40\0\0\0", 4}}) {
    EXPECT_TRUE(lab.give(path, as_bytes(bytes)).empty());
  }
  EXPECT_EQ(lab.refused(Reason::Malformed), 4u);
  EXPECT_EQ(lab.refused(Reason::NoAllocation), 1u);
}

}  // namespace
}  // namespace duet::turn
