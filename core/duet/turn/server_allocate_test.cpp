// SPDX-License-Identifier: MIT
// Tests of relayed addresses: which, how many, for how long.
#include <duet/turn/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::turn {
namespace {

using ::testing::ElementsAre;

void ask_family(stun::Writer& w, std::uint8_t family) {
  w.add_u32(AttributeType::RequestedAddressFamily, static_cast<std::uint32_t>(family) << 24);
}

void ask_even(stun::Writer& w, bool reserve) {
  w.add(AttributeType::EvenPort, std::string_view{reserve ? "\x80" : "\0", 1});
}

std::vector<std::string> relayed_addresses(const Packet& answer) {
  std::vector<std::string> addresses;
  const auto message = answer.message();
  for (const stun::Attribute attribute : message) {
    if (attribute.type != AttributeType::XorRelayedAddress) continue;
    const auto endpoint = stun::parse_xor_address(attribute.value, message.id());
    addresses.push_back(endpoint->address.to_string());
  }
  return addresses;
}

TEST(TurnAllocate, GivesTheAddressThatThePacketArrivedAt) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const Packet answer = client.allocate();
  EXPECT_EQ(answer.code(), 0);
  EXPECT_EQ(client.relayed.address, *IpAddress::parse("192.0.2.1"));
  EXPECT_GE(client.relayed.port, 49152);
  EXPECT_EQ(stun::find_xor_address(answer.message(), AttributeType::XorMappedAddress),
            client.path.client);
  EXPECT_EQ(answer.message().u32(AttributeType::Lifetime), 600u);
  EXPECT_EQ(lab.events_of<AllocationMade>().size(), 1u);
  EXPECT_EQ(lab.events_of<OpenRelaySocket>().size(), 0u);
}

TEST(TurnAllocate, SaysAnotherAddressWhereTold) {
  Lab lab{Lab::with_ports()};
  lab.server.set_relay_address({*IpAddress::parse("198.51.100.1"), std::nullopt});
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000, "10.0.0.2")};
  EXPECT_EQ(client.allocate().code(), 0);
  EXPECT_EQ(client.relayed.address, *IpAddress::parse("198.51.100.1"));
  const auto opened = lab.events_of<OpenRelaySocket>();
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].local, (Endpoint{*IpAddress::parse("10.0.0.2"), client.relayed.port}));
}

TEST(TurnAllocate, RepeatsItsAnswerToARetransmission) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.challenge();
  const auto request = client.signed_request(Method::Allocate, TestClient::ask_udp);
  const auto first = lab.give(client.path, request);
  const auto second = lab.give(client.path, request);
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(first[0].bytes, second[0].bytes);
  EXPECT_EQ(client.allocate().code(), 437);  // another request on the same path
  // The same request of somebody else is none: the answer may carry a token or a ticket.
  TestClient bob{lab, client.path, {"bob", "builder"}};
  bob.nonce = client.nonce;
  EXPECT_EQ(bob.allocate().code(), 437);
  EXPECT_EQ(lab.server.counters().allocations, 1u);
}

TEST(TurnAllocate, ChecksWhatIsAskedFor) {  // RFC 8656 §7.2
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  EXPECT_EQ(client.ask(Method::Allocate).code(), 400);
  EXPECT_EQ(
      client
          .ask(Method::Allocate,
               [](stun::Writer& w) { w.add_u32(AttributeType::RequestedTransport, 6u << 24); })
          .code(),
      442);
  EXPECT_EQ(client.allocate([](stun::Writer& w) { ask_family(w, 3); }).code(), 440);
  EXPECT_EQ(client.allocate([](stun::Writer& w) { ask_family(w, 2); }).code(), 440);
  EXPECT_EQ(client
                .allocate([](stun::Writer& w) {
                  ask_family(w, 1);
                  w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24);
                })
                .code(),
            400);
  EXPECT_EQ(client
                .allocate([](stun::Writer& w) {
                  w.add_u32(AttributeType::AdditionalAddressFamily, 1u << 24);
                })
                .code(),
            400);
  EXPECT_EQ(client.allocate([](stun::Writer& w) { w.add(AttributeType::Lifetime, "600"); }).code(),
            400);
  EXPECT_EQ(client
                .allocate([](stun::Writer& w) {
                  ask_even(w, false);
                  w.add(AttributeType::ReservationToken, "12345678");
                })
                .code(),
            400);
  EXPECT_EQ(
      client.allocate([](stun::Writer& w) { w.add(AttributeType::ReservationToken, "12345678"); })
          .code(),
      508);
  EXPECT_EQ(
      client.allocate([](stun::Writer& w) { w.add_flag(AttributeType::DontFragment); }).code(), 0);
  EXPECT_EQ(lab.server.counters().allocations, 1u);
}

TEST(TurnAllocate, GivesAFamilyThatThePacketDidNotArriveByToWhoNamesIt) {
  Lab lab{Lab::with_ports()};
  const auto addresses = [](std::initializer_list<const char*> texts) {
    std::vector<IpAddress> out;
    for (const char* text : texts) out.push_back(*IpAddress::parse(text));
    return out;
  };
  lab.server.set_listened_addresses(
      addresses({"127.0.0.1", "192.0.2.1", "::1", "fe80::1", "fd00::1", "2001:db8::1"}));
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const Packet answer = client.allocate(
      [](stun::Writer& w) { w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24); });
  EXPECT_FALSE(answer.message().has(AttributeType::AddressErrorCode));
  EXPECT_THAT(relayed_addresses(answer), ElementsAre("192.0.2.1", "2001:db8::1"));
  const auto opened = lab.events_of<OpenRelaySocket>();
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1].local.address.to_string(), "2001:db8::1");

  TestClient inside{lab, TestClient::udp("127.0.0.1", 4001, "127.0.0.1")};
  EXPECT_THAT(relayed_addresses(inside.allocate([](stun::Writer& w) { ask_family(w, 2); })),
              ElementsAre("::1"));
  // Who names none gets the address that it reached.
  TestClient other{lab, TestClient::udp("2001:db8::5", 4002, "2001:db8::1")};
  EXPECT_THAT(relayed_addresses(other.allocate()), ElementsAre("2001:db8::1"));
}

TEST(TurnAllocate, GivesBothFamiliesAtOnce) {
  Lab lab;
  lab.server.set_relay_address({*IpAddress::parse("2a00::7"), std::nullopt});
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const Packet answer = client.allocate(
      [](stun::Writer& w) { w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24); });
  EXPECT_THAT(relayed_addresses(answer), ElementsAre("192.0.2.1", "2a00::7"));
  EXPECT_EQ(lab.server.counters().relays, 2u);
  // One family can be given back alone (RFC 8656 §8.2).
  const auto give_back = [&](std::uint8_t family) {
    return client
        .ask(Method::Refresh,
             [&](stun::Writer& w) {
               w.add_u32(AttributeType::Lifetime, 0);
               ask_family(w, family);
             })
        .code();
  };
  EXPECT_EQ(give_back(2), 0);
  EXPECT_EQ(lab.server.counters().relays, 1u);
  EXPECT_EQ(give_back(2), 443);
  EXPECT_EQ(give_back(1), 0);
  EXPECT_EQ(lab.server.counters().allocations, 0u);
}

TEST(TurnAllocate, KeepsNothingOfAFamilyThatIsGivenBack) {  // RFC 8656 §8.2
  Lab lab{Lab::with_ports()};
  lab.server.set_relay_address({*IpAddress::parse("2a00::7"), std::nullopt});
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.allocate(
      [](stun::Writer& w) { w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24); });
  const Endpoint v4 = endpoint("8.8.8.8", 9000);
  EXPECT_EQ(client.bind(0x4000, v4).code(), 0);
  for (unsigned i = 1; i < 128; ++i) {
    const Endpoint v6 = endpoint("2a01::" + std::to_string(i), 9000);
    EXPECT_EQ(client.bind(static_cast<std::uint16_t>(0x4000 + i), v6).code(), 0);
  }
  client.ask(Method::Refresh, [&](stun::Writer& w) {
    w.add_u32(AttributeType::Lifetime, 0);
    ask_family(w, 2);
  });
  EXPECT_EQ(client.bind(0x4001, endpoint("8.8.4.4", 9000)).code(), 0) << "number and room are free";
  EXPECT_EQ(client.send_channel(0x4000, "still there").size(), 1u);
}

TEST(TurnAllocate, KnowsTheNumberThatDraftsGaveToTheSecondFamily) {
  Lab lab;
  lab.server.set_relay_address({*IpAddress::parse("2a00::7"), std::nullopt});
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  constexpr auto kDraft = static_cast<AttributeType>(0x8032);
  EXPECT_EQ(client.allocate([](stun::Writer& w) { w.add_u32(kDraft, 1u << 24); }).code(), 400);
  EXPECT_EQ(client.allocate([](stun::Writer& w) { w.add_u32(kDraft, 2u << 24); }).code(), 0);
  EXPECT_EQ(lab.server.counters().relays, 2u);
}

TEST(TurnAllocate, SaysWhichFamilyOfTwoItHasNot) {  // RFC 8656 §18.12
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const Packet answer = client.allocate(
      [](stun::Writer& w) { w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24); });
  EXPECT_EQ(answer.code(), 0);
  EXPECT_EQ(answer.message().u32(AttributeType::AddressErrorCode), 0x02000428u);
}

TEST(TurnAllocate, GivesOneFamilyWhereTheOtherHasNoPort) {  // RFC 8656 §7.2
  const auto both = [](stun::Writer& w) {
    w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24);
  };
  for (const bool by_socket : {false, true}) {
    Config config = Lab::standard();
    config.relay_ports = PortRange{50000, 50000};
    Lab lab{config};
    lab.server.set_relay_address({*IpAddress::parse("2a00::7"), std::nullopt});
    TestClient other{lab, TestClient::udp("203.0.113.5", 3999)};
    if (!by_socket) {
      ASSERT_EQ(other.allocate([](stun::Writer& w) { ask_family(w, 2); }).code(), 0);
    }
    lab.no_family = by_socket ? std::optional{IpAddress::Family::V6} : std::nullopt;
    TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
    const Packet answer = client.allocate(both);
    EXPECT_EQ(answer.code(), 0);
    EXPECT_EQ(client.relayed.address, *IpAddress::parse("192.0.2.1"));
    EXPECT_EQ(answer.message().u32(AttributeType::AddressErrorCode), 0x02000508u);
    EXPECT_EQ(client.refresh(0).code(), 0);
    EXPECT_EQ(lab.server.counters().relays, by_socket ? 0u : 1u);
    // Where neither can be had, it is refused.
    lab.taken = {50000};
    EXPECT_EQ(client.allocate(both).code(), 508);
  }
}

TEST(TurnAllocate, ReservesTheNextPortForTheSameUser) {
  for (const bool real : {false, true}) {
    Lab lab{real ? Lab::with_ports() : Lab::standard()};
    TestClient first{lab, TestClient::udp("203.0.113.5", 4000)};
    const Packet answer = first.allocate([](stun::Writer& w) { ask_even(w, true); });
    ASSERT_EQ(answer.code(), 0);
    EXPECT_EQ(first.relayed.port % 2, 0);
    const std::string token{answer.message().text(AttributeType::ReservationToken)};
    ASSERT_EQ(token.size(), 8u);
    const auto claim = [&](TestClient& client) {
      return client
          .allocate([&](stun::Writer& w) { w.add(AttributeType::ReservationToken, token); })
          .code();
    };
    TestClient bob{lab, TestClient::udp("203.0.113.5", 4001), {"bob", "builder"}};
    EXPECT_EQ(claim(bob), 508);
    TestClient second{lab, TestClient::udp("203.0.113.5", 4002)};
    EXPECT_EQ(claim(second), 0);
    EXPECT_EQ(second.relayed.port, first.relayed.port + 1);
    TestClient third{lab, TestClient::udp("203.0.113.5", 4003)};
    EXPECT_EQ(claim(third), 508);
    EXPECT_EQ(first.refresh(0).code(), 0);
    EXPECT_EQ(lab.server.counters().relays, 1u);
    EXPECT_EQ(second.refresh(0).code(), 0);
    EXPECT_EQ(lab.server.counters().relays, 0u);
    EXPECT_EQ(lab.events_of<CloseRelaySocket>().size(), real ? 2u : 0u);
  }
}

TEST(TurnAllocate, ForgetsReservationsAfterThirtySeconds) {
  Lab lab;
  TestClient first{lab, TestClient::udp("203.0.113.5", 4000)};
  first.allocate([](stun::Writer& w) { ask_even(w, true); });
  EXPECT_EQ(lab.server.counters().relays, 2u);
  lab.wait(29s);
  EXPECT_EQ(lab.server.counters().relays, 2u);
  lab.wait(1s);
  EXPECT_EQ(lab.server.counters().relays, 1u);
}

TEST(TurnAllocate, SkipsPortsThatAreTaken) {
  Config config = Lab::standard();
  config.relay_ports = PortRange{50000, 50063};
  for (const auto free : std::initializer_list<std::uint16_t>{50000, 50002, 50017, 50063}) {
    Lab lab{config};
    for (std::uint16_t port = 50000; port <= 50063; ++port) {
      if (port != free) lab.taken.push_back(port);
    }
    TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
    EXPECT_EQ(client.allocate().code(), 0);
    EXPECT_EQ(client.relayed.port, free);
    TestClient other{lab, TestClient::udp("203.0.113.5", 4001)};
    EXPECT_EQ(other.allocate().code(), 508);
    EXPECT_EQ(lab.server.counters().allocations, 1u);
    EXPECT_EQ(lab.server.counters().relays, 1u);
  }
}

TEST(TurnAllocate, SkipsTakenPortsOfAPairAndOfEachFamilyByItself) {
  Config config = Lab::standard();
  config.relay_ports = PortRange{50000, 50019};
  Lab lab{config};
  lab.server.set_relay_address({*IpAddress::parse("2a00::7"), std::nullopt});
  for (std::uint16_t port = 50000; port <= 50019; ++port) {
    if (port < 50011 || port > 50013) lab.taken.push_back(port);
  }
  TestClient pair{lab, TestClient::udp("203.0.113.5", 4000)};
  EXPECT_EQ(pair.allocate([](stun::Writer& w) { ask_even(w, true); }).code(), 0);
  EXPECT_EQ(pair.relayed.port, 50012);
  EXPECT_EQ(pair.refresh(0).code(), 0);
  lab.taken_v6 = lab.taken;
  lab.taken_v6.insert(lab.taken_v6.end(), {50011, 50012});
  lab.taken.push_back(50013);
  TestClient both{lab, TestClient::udp("203.0.113.5", 4001)};
  const Packet answer = both.allocate(
      [](stun::Writer& w) { w.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24); });
  EXPECT_EQ(answer.code(), 0);
  EXPECT_FALSE(answer.message().has(AttributeType::AddressErrorCode));
  EXPECT_EQ(lab.server.counters().relays, 2u);
}

TEST(TurnAllocate, GivesUpOnAShellThatNeverAnswers) {
  Lab lab{Lab::with_ports()};
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.challenge();
  EXPECT_TRUE(
      lab.give(client.path, client.signed_request(Method::Allocate, TestClient::ask_udp)).empty());
  EXPECT_EQ(lab.server.counters().relays, 1u);
  lab.wait(10s);
  EXPECT_EQ(lab.server.counters().relays, 0u);
  EXPECT_FALSE(lab.server.next_timeout());
}

TEST(TurnAllocate, KeepsItsQuotasAndFreesThemAtOnce) {
  Config config = Lab::standard();
  config.limits.allocations_per_user = 2;
  config.limits.allocations = 3;
  Lab lab{config};
  const auto renewed = [&](int seconds) {
    return make_time_limited(kSecret, "seat", kWallClock + 2000s + std::chrono::seconds{seconds});
  };
  TestClient first{lab, TestClient::udp("203.0.113.5", 1), renewed(0)};
  TestClient second{lab, TestClient::udp("203.0.113.5", 2), renewed(1)};
  TestClient third{lab, TestClient::udp("203.0.113.5", 3), renewed(2)};
  EXPECT_EQ(first.allocate().code(), 0);
  EXPECT_EQ(second.allocate().code(), 0);
  EXPECT_EQ(third.allocate().code(), 486);
  EXPECT_EQ(first.refresh(0).code(), 0);
  EXPECT_EQ(third.allocate().code(), 0);
  TestClient alice{lab, TestClient::udp("203.0.113.5", 4)};
  EXPECT_EQ(alice.allocate().code(), 0);
  TestClient bob{lab, TestClient::udp("203.0.113.5", 5), {"bob", "builder"}};
  EXPECT_EQ(bob.allocate().code(), 508);
}

TEST(TurnAllocate, TakesNobodyNewWhileItDrains) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 1)};
  TestClient late{lab, TestClient::udp("203.0.113.5", 2)};
  EXPECT_EQ(client.allocate().code(), 0);
  lab.server.drain();
  EXPECT_EQ(late.allocate().code(), 508);
  EXPECT_EQ(lab.refused(Reason::Draining), 1u);
  EXPECT_EQ(client.refresh(600).code(), 0);
  EXPECT_EQ(client.bind(0x4000, client.relayed).code(), 0);
  EXPECT_EQ(client.send_channel(0x4000, "x").size(), 1u);
  EXPECT_EQ(lab.server.counters().allocations, 1u);
}

TEST(TurnAllocate, EndsWithItsLifetimeAndSaysWhatItCarried) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.allocate();
  client.permit({client.relayed});
  client.send(client.relayed, "to myself");
  lab.wait(599s);
  EXPECT_EQ(lab.server.counters().allocations, 1u);
  lab.wait(1s);
  EXPECT_EQ(lab.server.counters().allocations, 0u);
  const auto ended = lab.events_of<AllocationEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].why, AllocationEnded::Why::Expired);
  EXPECT_EQ(ended[0].totals, (Totals{1, 9, 1, 9}));
  EXPECT_EQ(ended[0].age, 600s);
}

TEST(TurnAllocate, GoesWithItsConnection) {
  Lab lab;
  TestClient client{lab, TestClient::tcp("203.0.113.5", 4000)};
  EXPECT_EQ(client.allocate().code(), 0);
  lab.server.handle_stream_closed(lab.now, client.path);
  EXPECT_EQ(lab.server.counters().allocations, 0u);
  EXPECT_EQ(lab.events_of<AllocationEnded>().at(0).why, AllocationEnded::Why::ConnectionClosed);
}

}  // namespace
}  // namespace duet::turn
