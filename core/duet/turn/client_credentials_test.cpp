// SPDX-License-Identifier: MIT
// Against answers written by hand: a TURN client proves who it is, and believes only who proves it
// too.
#include <duet/turn/client_desk.hpp>

#include <gtest/gtest.h>

#include <string>

namespace duet::turn {
namespace {

TEST(TurnClient, AsksAndAnswersTheChallenge) {
  Desk desk;
  const auto first = desk.expect(Method::Allocate);
  EXPECT_EQ(first.u32(AttributeType::RequestedTransport), 17u << 24);
  EXPECT_FALSE(first.has(AttributeType::Username));
  const auto first_id = first.id();
  desk.challenge(first);
  const auto second = desk.expect(Method::Allocate);
  EXPECT_NE(second.id(), first_id);
  EXPECT_EQ(second.text(AttributeType::Username), "alice");
  EXPECT_TRUE(second.has_integrity_sha256());
  desk.succeed(second, [](stun::Writer& w) { Desk::add_allocation(w); });
  const auto made = desk.event<Allocated>();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->relayed_v4, kRelayed);
  EXPECT_EQ(made->relayed_v6, std::nullopt);
  EXPECT_EQ(made->mapped, kMapped);
  EXPECT_TRUE(desk.client.has_allocation());
}

TEST(TurnClient, IgnoresAnswersThatTheServerDidNotSign) {  // RFC 8489 §9.2.5
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  const auto request = desk.expect(Method::Allocate);
  const auto fill = [](stun::Writer& w) { Desk::add_allocation(w); };
  for (const char* password : {"", "guess"}) {
    desk.client.handle_server(desk.now, desk.answer(request, Class::Success, fill, password));
    desk.refuse(request, ErrorCode::Forbidden, {}, password);
    desk.refuse(request, ErrorCode::BadRequest, {}, password);
  }
  // Asked with SHA-256, answered with less.
  desk.client.handle_server(desk.now, desk.answer(request, Class::Success, fill, "wonder", false));
  EXPECT_FALSE(desk.client.poll_event());
  desk.wait(60s);
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Unprotected);
}

TEST(TurnClient, EndsAtOnceWhereAStreamBringsForgedAnswers) {
  Desk desk{{}, Carrier::Stream};
  desk.challenge(desk.expect(Method::Allocate));
  const auto request = desk.expect(Method::Allocate);
  desk.refuse(request, ErrorCode::BadRequest, {}, "");  // "as if it were never received"
  EXPECT_FALSE(desk.client.poll_event());
  desk.refuse(request, ErrorCode::Forbidden, {}, "guess");
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Unprotected);
}

TEST(TurnClient, TakesNoAllocationThatNobodySigned) {
  Desk desk;
  const auto fill = [](stun::Writer& w) { Desk::add_allocation(w); };
  const auto request = desk.expect(Method::Allocate);
  desk.client.handle_server(desk.now, desk.answer(request, Class::Success, fill, ""));
  EXPECT_FALSE(desk.client.has_allocation());
  Desk open{{}, Carrier::Datagram, {}};
  const auto anonymous = open.expect(Method::Allocate);
  open.client.handle_server(open.now, open.answer(anonymous, Class::Success, fill, ""));
  EXPECT_TRUE(open.client.has_allocation());
}

TEST(TurnClient, NoticesAnOfferThatWasTakenOut) {
  Desk desk;
  desk.refuse(
      desk.expect(Method::Allocate), ErrorCode::Unauthenticated,
      [](stun::Writer& w) {
        w.add(AttributeType::Realm, "duet");
        w.add(AttributeType::Nonce, kNonce);
      },
      "");
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::BidDown);
  EXPECT_FALSE(desk.next());
}

TEST(TurnClient, EndsWithAServerThatIsNeverContent) {
  Desk desk;
  int requests = 0;
  while (const auto request = desk.next()) {
    ++requests;
    desk.challenge(*request, requests == 1 ? ErrorCode::Unauthenticated : ErrorCode::StaleNonce,
                   kNonce + std::to_string(requests));
  }
  EXPECT_EQ(requests, 5);
  const auto ended = desk.event<ClientEnded>();
  EXPECT_EQ(ended->code, ErrorCode::StaleNonce);
  EXPECT_EQ(ended->next, Next::Nothing);
}

TEST(TurnClient, EndsWithTheSecond401) {
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  desk.challenge(desk.expect(Method::Allocate));
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->why, Why::Refused);
  EXPECT_EQ(ended->code, ErrorCode::Unauthenticated);
  EXPECT_EQ(ended->next, Next::Nothing);
}

TEST(TurnClient, WaitsForAnotherCredentialOnceTheOldOneIsRefused) {
  Desk desk;
  desk.allocate();
  desk.challenge(*desk.wait_for_request(540s));  // 401, although signed
  EXPECT_FALSE(desk.wait_for_request(30s));
  desk.client.set_credential(desk.now, {"alice2", "wonder"});
  desk.challenge(desk.expect(Method::Refresh));
  EXPECT_EQ(desk.expect(Method::Refresh).text(AttributeType::Username), "alice2");
  EXPECT_TRUE(desk.client.has_allocation());
}

TEST(TurnClient, KeepsTheNameOfItsAllocationWhileTheServerTakesIt) {  // RFC 8656 §5
  Desk desk;
  desk.allocate();
  desk.client.set_credential(desk.now, {"alice2", "wonder"});
  EXPECT_FALSE(desk.next());
  const auto refresh = desk.wait_for_request(540s);
  EXPECT_EQ(refresh->text(AttributeType::Username), "alice");
  desk.challenge(*refresh);
  EXPECT_EQ(desk.expect(Method::Refresh).text(AttributeType::Username), "alice2");
}

TEST(TurnClient, TakesANewNonceAtAnyTime) {
  Desk desk;
  desk.allocate();
  desk.client.permit(desk.now, kPeer.address);
  desk.challenge(desk.expect(Method::CreatePermission), ErrorCode::StaleNonce, kNonce + "2");
  const auto again = desk.expect(Method::CreatePermission);
  EXPECT_EQ(again.text(AttributeType::Nonce), kNonce + "2");
  desk.succeed(again);
  EXPECT_TRUE(desk.event<Permitted>());
}

}  // namespace
}  // namespace duet::turn
