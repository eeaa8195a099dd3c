// SPDX-License-Identifier: MIT
// Against answers written by hand: a TURN client on another path.
#include <duet/turn/client_desk.hpp>

#include <gtest/gtest.h>

namespace duet::turn {
namespace {

TEST(TurnClient, TakesAMobileAllocationToAnotherPath) {  // RFC 8016 §3.2
  Desk desk{{.mobility = true}};
  desk.allocate();
  desk.permit();
  desk.client.bind(desk.now, kPeer);
  desk.expect(Method::ChannelBind);
  desk.client.change_path(desk.now, Carrier::Stream);
  EXPECT_FALSE(desk.send(kPeer, "x"));
  const auto move = desk.expect(Method::Refresh);
  EXPECT_EQ(move.text(AttributeType::MobilityTicket), "ticket");
  EXPECT_NE(move.u32(AttributeType::Lifetime), 0u);
  desk.succeed(move, [](stun::Writer& w) {
    w.add_u32(AttributeType::Lifetime, 600);
    w.add(AttributeType::MobilityTicket, "another");
  });
  EXPECT_TRUE(desk.event<Moved>());
  EXPECT_TRUE(desk.send(kPeer, "x"));
  desk.succeed(desk.expect(Method::ChannelBind));  // asked for again
  EXPECT_TRUE(desk.event<ChannelBound>());
  EXPECT_EQ(as_text(*desk.send(kPeer, "x")), (std::string_view{"\x40\0\0\1x\0\0\0", 8}));
  desk.client.change_path(desk.now, Carrier::Datagram);
  const auto next = desk.expect(Method::Refresh);
  EXPECT_EQ(next.text(AttributeType::MobilityTicket), "another");
  desk.refuse(next, ErrorCode::BadRequest);
  const auto ended = desk.event<ClientEnded>();
  EXPECT_EQ(ended->why, Why::Refused);
  EXPECT_EQ(ended->next, Next::Again);
}

TEST(TurnClient, LosesAnyOtherAllocationWithItsPath) {
  Desk desk;
  desk.allocate();
  desk.client.change_path(desk.now, Carrier::Datagram);
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Lost);
  Desk early;
  early.expect(Method::Allocate);
  early.client.change_path(early.now, Carrier::Datagram);
  early.expect(Method::Allocate);  // there was nothing to lose
}

TEST(TurnClient, GivesBackOverAnotherPathAsWell) {
  Desk desk{{.mobility = true}};
  desk.allocate();
  desk.client.change_path(desk.now, Carrier::Datagram);
  desk.client.release(desk.now);
  while (const auto request = desk.next()) {
    if (request->u32(AttributeType::Lifetime) != 0u) continue;
    EXPECT_EQ(request->text(AttributeType::MobilityTicket), "ticket");
    desk.succeed(*request);
  }
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Released);
}

}  // namespace
}  // namespace duet::turn
