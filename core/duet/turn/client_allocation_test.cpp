// SPDX-License-Identifier: MIT
// Against answers written by hand: a TURN client asks for an allocation, keeps it and gives it
// back.
#include <duet/turn/client_desk.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace duet::turn {
namespace {

TEST(TurnClient, AsksForWhatItWasTold) {  // RFC 8656 §7.1
  using Families = ClientOptions::Families;
  const auto asked = [](ClientOptions options, AttributeType type) {
    Desk desk{options};
    const auto value = desk.expect(Method::Allocate).find(type);
    return value ? std::optional{std::string{as_text(*value)}} : std::nullopt;
  };
  const std::string v4{"\1\0\0\0", 4};
  const std::string v6{"\2\0\0\0", 4};
  const auto requested = AttributeType::RequestedAddressFamily;
  const auto additional = AttributeType::AdditionalAddressFamily;
  EXPECT_EQ(asked({}, requested), std::nullopt);
  EXPECT_EQ(asked({.families = Families::V4}, requested), v4);
  EXPECT_EQ(asked({.families = Families::V6}, requested), v6);
  EXPECT_EQ(asked({.families = Families::Both}, requested), std::nullopt);
  EXPECT_EQ(asked({.families = Families::Both}, additional), v6);
  EXPECT_EQ(asked({.port = ClientOptions::Port::Even}, AttributeType::EvenPort),
            (std::string{"\0", 1}));
  EXPECT_EQ(asked({.port = ClientOptions::Port::EvenAndNext}, AttributeType::EvenPort), "\x80");
  EXPECT_EQ(asked({.lifetime = 900s}, AttributeType::Lifetime), (std::string{"\0\0\3\x84", 4}));
  EXPECT_EQ(asked({.mobility = true}, AttributeType::MobilityTicket), "");
  EXPECT_EQ(asked({.dont_fragment = true}, AttributeType::DontFragment), "");
  ClientOptions claim{.port = ClientOptions::Port::Even};
  claim.reservation_token.emplace();
  EXPECT_EQ(asked(claim, AttributeType::ReservationToken), (std::string(8, '\0')));
  EXPECT_EQ(asked(claim, AttributeType::EvenPort), std::nullopt);
}

TEST(TurnClient, RetransmitsOverUdpAndNotOverStreams) {
  for (const auto carrier : {Carrier::Datagram, Carrier::Stream}) {
    Desk desk{{}, carrier};
    int sends = desk.next().has_value();
    while (desk.wait_for_request(60s)) ++sends;
    EXPECT_EQ(sends, carrier == Carrier::Datagram ? 7 : 1);
    EXPECT_EQ(desk.now, Instant{1060s} + (carrier == Carrier::Datagram ? 31500ms : 0ms));
    const auto ended = desk.event<ClientEnded>();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->why, Why::TimedOut);
    EXPECT_EQ(ended->next, Next::AnotherCarrier);
    EXPECT_FALSE(desk.client.next_timeout());
  }
}

TEST(TurnClient, SaysWhatMayBeTriedAfterARefusal) {  // RFC 8656 §7.4
  const std::pair<ErrorCode, Next> cases[] = {
      {ErrorCode::BadRequest, Next::Nothing},
      {ErrorCode::Forbidden, Next::Nothing},
      {ErrorCode::MobilityForbidden, Next::Nothing},
      {ErrorCode::UnknownAttribute, Next::Nothing},
      {ErrorCode::AllocationMismatch, Next::AnotherPort},
      {ErrorCode::AddressFamilyNotSupported, Next::Nothing},
      {ErrorCode::WrongCredentials, Next::Nothing},
      {ErrorCode::UnsupportedTransportProtocol, Next::Nothing},
      {ErrorCode::AllocationQuotaReached, Next::Wait},
      {ErrorCode::ServerError, Next::Wait},
      {ErrorCode::InsufficientCapacity, Next::Wait},
      {ErrorCode{699}, Next::Nothing},
      {ErrorCode::TryAlternate, Next::Nothing},  // that names none
  };
  for (const auto& [code, next] : cases) {
    Desk desk;
    desk.challenge(desk.expect(Method::Allocate));
    desk.refuse(desk.expect(Method::Allocate), code);
    const auto ended = desk.event<ClientEnded>();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->why, Why::Refused);
    EXPECT_EQ(ended->code, code);
    EXPECT_EQ(ended->next, next) << static_cast<int>(code);
    EXPECT_FALSE(desk.client.next_timeout());
  }
}

TEST(TurnClient, NamesTheAlternateServer) {  // RFC 8489 §10
  Desk desk;
  desk.refuse(
      desk.expect(Method::Allocate), ErrorCode::TryAlternate,
      [](stun::Writer& w) {
        w.add_address(AttributeType::AlternateServer, kRelayed);
        w.add(AttributeType::AlternateDomain, "turn.example.org");
      },
      "");
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->next, Next::Alternate);
  EXPECT_EQ(ended->alternate, kRelayed);
  EXPECT_EQ(ended->alternate_domain, "turn.example.org");
}

TEST(TurnClient, DoesWithoutDontFragmentWhereItIsUnknown) {  // RFC 8656 §7.4
  Desk desk{{.dont_fragment = true}};
  desk.challenge(desk.expect(Method::Allocate));
  const auto with = desk.expect(Method::Allocate);
  EXPECT_TRUE(with.has(AttributeType::DontFragment));
  const auto unknown = [](std::string_view list) {
    return [list](stun::Writer& w) { w.add(AttributeType::UnknownAttributes, list); };
  };
  desk.refuse(with, ErrorCode::UnknownAttribute, unknown({"\x80\x01\0\x1a", 4}));
  const auto without = desk.expect(Method::Allocate);
  EXPECT_FALSE(without.has(AttributeType::DontFragment));
  desk.refuse(without, ErrorCode::UnknownAttribute, unknown({"\0\x1a", 2}));
  EXPECT_EQ(desk.event<ClientEnded>()->code, ErrorCode::UnknownAttribute);
}

TEST(TurnClient, GivesBackAnAllocationThatMakesNoSense) {  // RFC 8656 §7.3
  const Desk::Fill fills[] = {
      [](stun::Writer& w) { w.add_xor_address(AttributeType::XorRelayedAddress, kRelayed); },
      [](stun::Writer& w) { w.add_xor_address(AttributeType::XorMappedAddress, kMapped); },
      [](stun::Writer& w) {
        w.add_xor_address(AttributeType::XorRelayedAddress, kRelayed);
        w.add_xor_address(AttributeType::XorRelayedAddress, kRelayedV6);
        w.add_xor_address(AttributeType::XorMappedAddress, kMapped);
      },
      [](stun::Writer& w) {
        w.add_xor_address(AttributeType::XorRelayedAddress, endpoint("192.0.2.1", 0));
        w.add_xor_address(AttributeType::XorMappedAddress, kMapped);
      },
  };
  for (const auto& fill : fills) {
    Desk desk{{.families = ClientOptions::Families::V4}};
    desk.challenge(desk.expect(Method::Allocate));
    desk.succeed(desk.expect(Method::Allocate), fill);
    const auto release = desk.expect(Method::Refresh);
    EXPECT_EQ(release.u32(AttributeType::Lifetime), 0u);
    desk.succeed(release);
    EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Malformed);
  }
}

TEST(TurnClient, FailsWhereAnAnswerHasWhatItDoesNotKnow) {  // RFC 8489 §6.3.3
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  desk.succeed(desk.expect(Method::Allocate), [](stun::Writer& w) {
    Desk::add_allocation(w);
    w.add_u32(AttributeType{0x7123}, 0);
  });
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Malformed);
}

TEST(TurnClient, TellsBothFamiliesAndWhatIsLacking) {
  Desk desk{{.families = ClientOptions::Families::Both}};
  desk.challenge(desk.expect(Method::Allocate));
  desk.succeed(desk.expect(Method::Allocate), [](stun::Writer& w) {
    Desk::add_allocation(w);
    w.add_xor_address(AttributeType::XorRelayedAddress, kRelayedV6);
    w.add(AttributeType::ReservationToken, "12345678");
    w.add_u32(AttributeType::AddressErrorCode, 0x02000508);
  });
  const auto made = desk.event<Allocated>();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->relayed_v4, kRelayed);
  EXPECT_EQ(made->relayed_v6, kRelayedV6);
  EXPECT_EQ(made->lacking, ErrorCode::InsufficientCapacity);
  EXPECT_EQ(as_text(*made->next_port), "12345678");
}

TEST(TurnClient, RefreshesAMinuteAheadOrHalfway) {  // RFC 8656 §8
  const std::pair<std::uint32_t, Duration> cases[] = {
      {600, 540s}, {3600, 3540s}, {121, 61s}, {120, 60s}, {60, 30s}, {10, 5s}, {6, 5s}};
  for (const auto& [lifetime, at] : cases) {
    Desk desk;
    desk.allocate(lifetime);
    const Instant begin = desk.now;
    const auto refresh = desk.wait_for_request(1h);
    ASSERT_TRUE(refresh) << lifetime;
    EXPECT_EQ(refresh->method(), Method::Refresh);
    EXPECT_EQ(desk.now - begin, at) << lifetime;
    desk.succeed(*refresh, [](stun::Writer& w) { w.add_u32(AttributeType::Lifetime, 600); });
    EXPECT_TRUE(desk.wait_for_request(540s));
    EXPECT_EQ(desk.now - begin, at + 540s);
  }
}

TEST(TurnClient, IsNotDrivenRoundByShortLifetimes) {
  for (const std::uint32_t lifetime : {0u, 1u, 5u}) {
    Desk desk;
    desk.allocate(lifetime);
    EXPECT_FALSE(desk.wait_for_request(1h));
    EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Lost);
  }
}

TEST(TurnClient, TriesToRefreshUntilTheEnd) {
  Desk desk;
  desk.allocate();
  int tries = 0;
  while (const auto refresh = desk.wait_for_request(1h)) {
    ++tries;
    desk.refuse(*refresh, ErrorCode::ServerError);
  }
  EXPECT_GE(tries, 4);  // after 60, 30, 15, 7.5 and 5 s
  EXPECT_LE(tries, 6);
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->why, Why::Lost);
  EXPECT_EQ(ended->next, Next::Again);
}

TEST(TurnClient, EndsWhereTheServerKnowsNothing) {  // RFC 8656 §8.3
  Desk desk;
  desk.allocate();
  desk.refuse(*desk.wait_for_request(540s), ErrorCode::AllocationMismatch);
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->why, Why::Lost);
  EXPECT_EQ(ended->next, Next::Again);
  EXPECT_FALSE(desk.client.permit(desk.now, kPeer.address));
  EXPECT_FALSE(desk.client.bind(desk.now, kPeer));
  EXPECT_FALSE(desk.send(kPeer, "x"));
}

TEST(TurnClient, GivesTheAllocationBack) {
  for (const int how : {0, 1, 2}) {
    Desk desk;
    desk.allocate();
    desk.permit();
    desk.client.release(desk.now);
    EXPECT_FALSE(desk.send(kPeer, "x"));
    const auto release = desk.expect(Method::Refresh);
    EXPECT_EQ(release.u32(AttributeType::Lifetime), 0u);
    if (how == 0) desk.succeed(release);
    if (how == 1) desk.refuse(release, ErrorCode::AllocationMismatch);  // RFC 8656 §8.3
    desk.wait(40s);
    EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Released);
    EXPECT_FALSE(desk.client.next_timeout());
  }
}

TEST(TurnClient, GivesBackWhatItWasStillAskingFor) {
  Desk before;
  before.client.release(before.now);
  EXPECT_EQ(before.event<ClientEnded>()->why, Why::Released);
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  const auto request = desk.expect(Method::Allocate);
  desk.client.release(desk.now);
  EXPECT_FALSE(desk.client.poll_event());
  desk.succeed(request, [](stun::Writer& w) { Desk::add_allocation(w); });
  desk.succeed(desk.expect(Method::Refresh));
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Released);
}

}  // namespace
}  // namespace duet::turn
