// SPDX-License-Identifier: MIT
// Tests of Refresh, CreatePermission, ChannelBind and of phones that change networks.
#include <duet/turn/test_lab.hpp>

#include <gtest/gtest.h>

namespace duet::turn {
namespace {

const Endpoint kPeer = endpoint("8.8.8.8", 9000);

struct TurnRequests : testing::Test {
  Lab lab{Lab::with_ports()};
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};

  void SetUp() override { ASSERT_EQ(client.allocate().code(), 0); }
};

TEST_F(TurnRequests, RefreshKeepsLifetimesBetweenTenMinutesAndAnHour) {  // RFC 8656 §7.2
  EXPECT_EQ(client.refresh(1).message().u32(AttributeType::Lifetime), 600u);
  EXPECT_EQ(client.refresh(1800).message().u32(AttributeType::Lifetime), 1800u);
  EXPECT_EQ(client.refresh(1'000'000).message().u32(AttributeType::Lifetime), 3600u);
  lab.wait(59min);
  EXPECT_EQ(lab.server.counters().allocations, 1u);
  EXPECT_EQ(client.refresh(600).code(), 0);  // shorter than what was left would be, and kept
  lab.wait(10min);
  EXPECT_EQ(lab.server.counters().allocations, 0u);
}

TEST_F(TurnRequests, RefreshByZeroLeavesNothing) {
  client.permit({kPeer});
  client.bind(0x4000, kPeer);
  EXPECT_EQ(client.refresh(0).message().u32(AttributeType::Lifetime), 0u);
  EXPECT_EQ(lab.server.counters().allocations, 0u);
  EXPECT_EQ(lab.server.counters().relays, 0u);
  EXPECT_EQ(lab.events_of<CloseRelaySocket>().size(), 1u);
  EXPECT_TRUE(client.send_channel(0x4000, "x").empty());
  EXPECT_EQ(client.allocate().code(), 0);
  EXPECT_TRUE(client.send(kPeer, "x").empty());  // the permission went as well
}

TEST_F(TurnRequests, PermissionsAreForAllOrNone) {  // RFC 8656 §10.2
  EXPECT_EQ(client.permit({}).code(), 400);
  EXPECT_EQ(client.permit({kPeer, endpoint("10.0.0.1", 1)}).code(), 403);
  EXPECT_TRUE(client.send(kPeer, "x").empty());
  EXPECT_EQ(client.permit({kPeer, endpoint("2a00::1", 1)}).code(), 443);
  EXPECT_EQ(client.permit({kPeer, endpoint("9.9.9.9", 1)}).code(), 0);
  EXPECT_EQ(client.send(kPeer, "x").size(), 1u);
  EXPECT_EQ(client.send(endpoint("9.9.9.9", 777), "x").size(), 1u);
}

TEST_F(TurnRequests, ManyPermissionsComeInOneRequest) {
  std::vector<Endpoint> peers;
  for (unsigned i = 0; i < 200; ++i) {
    peers.push_back({IpAddress::v4({8, 8, 4, static_cast<std::uint8_t>(i)}), 1});
  }
  EXPECT_EQ(client.permit(std::vector(200, kPeer)).code(), 0) << "all are one address";
  EXPECT_EQ(client.refresh(0).code(), 0);
  EXPECT_EQ(client.allocate().code(), 0);
  EXPECT_EQ(client.permit(peers).code(), 508);  // 2.5 KB, and authentic
  EXPECT_TRUE(client.send(peers.front(), "x").empty());
  peers.resize(128);
  EXPECT_EQ(client.permit(peers).code(), 0);
  client.sha256 = true;
  peers.insert(peers.end(), peers.begin(), peers.end());
  EXPECT_EQ(client.permit(peers).code(), 0);
  EXPECT_EQ(client.send(peers.back(), "x").size(), 1u);
}

TEST_F(TurnRequests, PermissionsEndAfterFiveMinutes) {
  client.refresh(3600);
  client.permit({kPeer});
  lab.wait(299s);
  EXPECT_EQ(client.send(kPeer, "x").size(), 1u);
  lab.wait(1s);
  EXPECT_EQ(client.send(kPeer, "x").size(), 0u);
  EXPECT_EQ(lab.refused(Reason::NoPermission), 1u);
}

TEST_F(TurnRequests, ChannelsHaveOneNumberForOnePeer) {  // RFC 8656 §12.2
  EXPECT_EQ(client.bind(0x3FFF, kPeer).code(), 400);
  EXPECT_EQ(client.bind(0x8000, kPeer).code(), 400);
  EXPECT_EQ(client.bind(0xFFFF, kPeer).code(), 400);
  EXPECT_EQ(client.bind(0x4000, kPeer).code(), 0);
  EXPECT_EQ(client.bind(0x4000, kPeer).code(), 0);
  EXPECT_EQ(client.bind(0x4001, kPeer).code(), 400);
  EXPECT_EQ(client.bind(0x4000, endpoint("9.9.9.9", 1)).code(), 400);
  EXPECT_EQ(client.bind(0x7FFF, endpoint("9.9.9.9", 1)).code(), 0);
  EXPECT_EQ(client.ask(Method::ChannelBind).code(), 400);
}

TEST_F(TurnRequests, ChannelsCarryForTenMinutesThoughTheirPermissionEndsBefore) {
  client.refresh(3600);
  EXPECT_EQ(client.bind(0x4000, kPeer).code(), 0);
  lab.wait(300s);
  EXPECT_TRUE(client.send(kPeer, "x").empty());
  EXPECT_EQ(client.send_channel(0x4000, "x").size(), 1u);  // RFC 8656 §12.6
  lab.wait(299s);
  EXPECT_EQ(client.send_channel(0x4000, "x").size(), 1u);
  lab.wait(1s);
  client.permit({kPeer});
  EXPECT_TRUE(client.send_channel(0x4000, "x").empty());
  EXPECT_EQ(client.bind(0x4001, kPeer).code(), 0);
}

TEST_F(TurnRequests, BoundsInsideAnAllocationAre128) {
  for (unsigned i = 0; i < 128; ++i) {
    const Endpoint peer{IpAddress::v4({8, 8, 4, static_cast<std::uint8_t>(i)}), 1};
    ASSERT_EQ(client.bind(static_cast<std::uint16_t>(0x4000 + i), peer).code(), 0) << i;
  }
  EXPECT_EQ(client.bind(0x5000, kPeer).code(), 508);
  EXPECT_EQ(client.permit({kPeer}).code(), 508);
  EXPECT_EQ(client.permit({endpoint("8.8.4.7", 5)}).code(), 0);  // one that is there already
  client.refresh(3600);
  lab.wait(600s);
  EXPECT_EQ(client.bind(0x5000, kPeer).code(), 0);
}

struct TurnMobility : testing::Test {
  Lab lab;
  TestClient phone{lab, TestClient::udp("203.0.113.5", 4000)};
  std::string ticket;

  void SetUp() override {
    const Packet answer =
        phone.allocate([](stun::Writer& w) { w.add_flag(AttributeType::MobilityTicket); });
    ASSERT_EQ(answer.code(), 0);
    ticket = answer.message().text(AttributeType::MobilityTicket);
    ASSERT_FALSE(ticket.empty());
    // Some clients keep it as a C string.
    ASSERT_EQ(ticket.find('\0'), std::string::npos);
    ASSERT_EQ(phone.permit({phone.relayed}).code(), 0);
  }

  Packet move(const Path& path, const std::string& with) {
    phone.path = path;
    phone.nonce.clear();
    const Packet answer = phone.ask(Method::Refresh, [&](stun::Writer& w) {
      w.add_u32(AttributeType::Lifetime, 600);
      w.add(AttributeType::MobilityTicket, with);
    });
    if (answer.code() == 0) ticket = answer.message().text(AttributeType::MobilityTicket);
    return answer;
  }
};

TEST_F(TurnMobility, KeepsTheAllocationOfAPhoneThatChangesNetworks) {  // RFC 8016 §3
  const Path old = phone.path;
  EXPECT_EQ(move(TestClient::udp("198.51.100.9", 999), ticket).code(), 0);
  EXPECT_EQ(lab.server.counters().allocations, 1u);
  const auto packets = phone.send(phone.relayed, "still here");
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].transmit.path, phone.path);
  phone.path = old;
  EXPECT_TRUE(phone.send(phone.relayed, "from the old network").empty());
}

TEST_F(TurnMobility, GivesTicketsThatACStringHolds) {  // coturn's client keeps them so
  EXPECT_EQ(move(TestClient::udp("198.51.100.9", 999), std::string{ticket.c_str()}).code(), 0);
}

TEST_F(TurnMobility, OutlivesItsConnection) {
  EXPECT_EQ(move(TestClient::tcp("198.51.100.9", 999), ticket).code(), 0);
  lab.server.handle_stream_closed(lab.now, phone.path);
  EXPECT_EQ(lab.server.counters().allocations, 1u);
  EXPECT_EQ(move(TestClient::tcp("198.51.100.9", 1000, 2), ticket).code(), 0);
  const auto moves = lab.events_of<AllocationMoved>();
  ASSERT_EQ(moves.size(), 2u);
  EXPECT_EQ(moves[0].from, Transport::Udp);
  EXPECT_EQ(moves[0].to, Transport::Tcp);
  EXPECT_EQ(moves[1].from, Transport::Tcp) << "where it was before its connection ended";
  EXPECT_EQ(phone.send(phone.relayed, "back").size(), 1u);
  lab.server.handle_stream_closed(lab.now, phone.path);
  lab.wait(600s);
  EXPECT_EQ(lab.server.counters().allocations, 0u);
}

TEST_F(TurnMobility, TakesNoForgedTicketAndNobodyElses) {
  for (std::size_t i = 0; i < ticket.find('='); ++i) {
    std::string forged = ticket;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(move(TestClient::udp("198.51.100.9", 999), forged).code(), 400);
  }
  EXPECT_EQ(move(TestClient::udp("198.51.100.9", 999), ticket + "AAAA").code(), 400);
  EXPECT_EQ(move(TestClient::udp("198.51.100.9", 999), "").code(), 400);
  phone.credential = {"bob", "builder"};
  EXPECT_EQ(move(TestClient::udp("198.51.100.9", 999), ticket).code(), 441);
}

TEST_F(TurnMobility, StaysWhereTheRefreshIsRefused) {
  const Path old = phone.path;
  phone.path = TestClient::udp("198.51.100.9", 999);
  phone.nonce.clear();
  EXPECT_EQ(phone
                .ask(Method::Refresh,
                     [&](stun::Writer& w) {
                       w.add_u32(AttributeType::RequestedAddressFamily, 2u << 24);
                       w.add(AttributeType::MobilityTicket, ticket);
                     })
                .code(),
            443);
  EXPECT_TRUE(phone.send(phone.relayed, "from there").empty());
  phone.path = old;
  EXPECT_EQ(phone.send(phone.relayed, "from here").size(), 1u);
}

TEST_F(TurnMobility, MovesWithACredentialThatHasEnded) {
  const auto credential = make_time_limited(kSecret, "seat", kWallClock + 1010s);
  TestClient client{lab, TestClient::udp("203.0.113.7", 4000), credential};
  const Packet answer =
      client.allocate([](stun::Writer& w) { w.add_flag(AttributeType::MobilityTicket); });
  const std::string with{answer.message().text(AttributeType::MobilityTicket)};
  lab.wait(60s);
  phone.credential = credential;
  EXPECT_EQ(move(TestClient::udp("198.51.100.9", 999), with).code(), 0);
}

TEST(TurnMobilityOff, RefusesTickets) {  // RFC 8016 §4
  Config config = Lab::standard();
  config.mobility = false;
  Lab lab{config};
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  EXPECT_EQ(
      client.allocate([](stun::Writer& w) { w.add_flag(AttributeType::MobilityTicket); }).code(),
      405);
}

TEST(TurnBinding, AnswersAFragmentedQuestionWithAsMuch) {  // RFC 5780 §7.6
  Lab lab;
  lab.server.set_binding_server(
      stun::BindingServer{{endpoint("192.0.2.1", 2022), endpoint("192.0.2.2", 2023)}});
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const auto ask = [&](std::size_t size) {
    return lab.give(client.path, client.unsigned_request(Method::Binding, [&](stun::Writer& w) {
      w.add(AttributeType::Padding, std::string(size, '\0'));
    }));
  };
  const auto answers = ask(1500);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].message().text(AttributeType::Padding).size(), 1500u);
  EXPECT_TRUE(ask(2052).empty());
}

}  // namespace
}  // namespace duet::turn
