// SPDX-License-Identifier: MIT
// The room protocol, row by row.
#include <duet/room/signaling.hpp>
#include <duet/room/test_room.hpp>

#include <gmock/gmock.h>

namespace duet::room {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string log_of(std::string_view rest) {
  return R"(["log",[">>> Message from server: ",)" + std::string{rest} + "]]";
}

std::string has(std::string_view room, int clients) {
  return log_of("\"Room " + std::string{room} + " has " + std::to_string(clients) + " client(s)\"");
}

std::string request(std::string_view room) {
  return log_of("\"Request to create or join room " + std::string{room} + "\"");
}

std::string refused(std::string_view code) {
  return R"(["refused",{"code":")" + std::string{code} + "\"";
}

/// Two sockets in the room "r", both without a token.
struct Pair : TestRoom {
  Pair() {
    join(alice, R"("r")");
    join(bob, R"("r")");
    forget();
  }

  SocketId alice = connect();
  SocketId bob = connect();
};

TEST(Join, TheFirstCreatesTheRoom) {
  TestRoom room;
  const SocketId alice = room.connect();
  room.join(alice, R"("foo")");
  EXPECT_THAT(room.heard(alice), ElementsAre(has("foo", 0), request("foo"), R"(["created","foo"])",
                                             R"(["emit(): client ID joined room foo"])"));
  EXPECT_EQ(room.signaling.counters().created, 1U);
}

TEST(Join, TheSecondJoinsAndTheFirstIsTold) {
  TestRoom room;
  const SocketId alice = room.connect();
  const SocketId bob = room.connect();
  room.join(alice, R"("foo")");
  room.forget();
  room.join(bob, R"("foo")");
  EXPECT_THAT(room.heard(alice),
              ElementsAre(R"(["join","foo"])", R"(["broadcast(): client ID joined room foo"])"));
  EXPECT_THAT(room.heard(bob), ElementsAre(has("foo", 1), request("foo"), R"(["joined","foo"])",
                                           R"(["emit(): client ID joined room foo"])"));
}

TEST(Join, TheThirdHearsFullAndNobodyElseHearsOfIt) {
  Pair room;
  const SocketId carol = room.connect();
  room.join(carol, R"("r")");
  EXPECT_THAT(room.heard(carol), ElementsAre(has("r", 2), request("r"), R"(["full","r"])"));
  EXPECT_EQ(room.unheard(), 0U);
  room.say(carol, "message", "1");
  EXPECT_THAT(room.heard(carol), ElementsAre(log_of(R"("Got message:",1)")));
  EXPECT_EQ(room.unheard(), 0U);
}

TEST(Join, TheAcknowledgementComesLastAndBringsAToken) {
  TestRoom room;
  const SocketId alice = room.connect();
  room.join(alice, R"("r")", 7);
  const auto heard = room.heard(alice);
  ASSERT_EQ(heard.size(), 5U);
  EXPECT_EQ(heard[2], R"(["created","r"])");
  EXPECT_THAT(heard[4],
              testing::MatchesRegex(
                  R"(ack 7 \[\{"ok":true,"role":"created","token":"[A-Za-z0-9_-]{24}"\}\])"));
  const SocketId bob = room.connect();
  room.join(bob, R"("r",{"name":"Bob"})", 0);
  EXPECT_THAT(room.heard(bob).back(), HasSubstr(R"(ack 0 [{"ok":true,"role":"joined","token":")"));
}

TEST(Join, FullIsAnEventAndAnAcknowledgement) {
  Pair room;
  const SocketId carol = room.connect();
  room.join(carol, R"("r")", 3);
  EXPECT_THAT(room.heard(carol),
              ElementsAre(has("r", 2), request("r"), R"(["full","r"])",
                          testing::StartsWith(R"(ack 3 [{"ok":false,"code":"full","reason":")")));
}

TEST(Join, BadRoomNamesAreRefusedInWordsAndChangeNothing) {
  Pair room;
  const std::string too_long = '"' + std::string(257, 'x') + '"';
  for (const std::string& bad :
       {std::string{}, std::string{R"("")"}, std::string{"1"}, std::string{"null"},
        std::string{"[\"r2\"]"}, std::string{R"({"room":"r2"})"}, too_long}) {
    room.join(room.alice, bad);
    EXPECT_THAT(room.heard(room.alice), ElementsAre(HasSubstr(refused("bad-room")))) << bad;
    room.join(room.alice, bad, 1);
    EXPECT_THAT(room.heard(room.alice),
                ElementsAre(testing::StartsWith(R"(ack 1 [{"ok":false,"code":"bad-room",)")));
    EXPECT_EQ(room.unheard(), 0U);
  }
  room.say(room.alice, "message", "1");
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["message",1])"));
  EXPECT_EQ(room.signaling.counters().refused_bad_room, 14U);
}

TEST(Join, ANameIsKeptExactlyAsGiven) {
  TestRoom room;
  const SocketId alice = room.connect();
  room.join(alice, R"(" \"\\\u0001\n\u00e9\ud83d\ude00 ")");
  const std::string name = " \\\"\\\\\\u0001\\n\u00e9\U0001F600 ";
  EXPECT_THAT(room.heard(alice),
              ElementsAre(has(name, 0), request(name), "[\"created\",\"" + name + "\"]",
                          "[\"emit(): client ID joined room " + name + "\"]"));
  const SocketId bob = room.connect();
  room.join(bob, R"("\"\\\u0001\n\u00e9\ud83d\ude00")");  // without the spaces: another room
  EXPECT_THAT(room.heard(bob), Contains(HasSubstr("created")));
  EXPECT_EQ(room.seats.room_count(), 2U);
}

TEST(Join, ANameOf256BytesIsARoom) {
  TestRoom room;
  const SocketId alice = room.connect();
  const std::string name(256, 'x');
  room.join(alice, '"' + name + '"');
  EXPECT_THAT(room.heard(alice), Contains("[\"created\",\"" + name + "\"]"));
}

TEST(Join, AskingAgainRepeatsTheAnswerAndTakesNoSecondSeat) {
  Pair room;
  room.join(room.alice, R"("r")");
  EXPECT_THAT(room.heard(room.alice), ElementsAre(has("r", 1), request("r"), R"(["created","r"])"));
  EXPECT_EQ(room.unheard(), 0U);
  room.join(room.bob, R"("r")", 4);
  const auto first = room.heard(room.bob);
  EXPECT_THAT(first, ElementsAre(has("r", 1), request("r"), R"(["joined","r"])",
                                 HasSubstr(R"("role":"joined","token")")));
  room.join(room.bob, R"("r")", 4);
  EXPECT_EQ(room.heard(room.bob), first);  // with the same token
  EXPECT_EQ(room.unheard(), 0U);
  room.disconnect(room.bob);  // who asked for a token has a held seat
  EXPECT_EQ(room.seats.held_count(), 1U);
}

TEST(Join, AnotherRoomLeavesTheFirstEvenWhenItIsFull) {
  Pair room;
  const SocketId carol = room.connect();
  room.join(carol, R"("s")");
  const SocketId dave = room.connect();
  room.join(dave, R"("s")");
  room.forget();
  room.join(room.alice, R"("s")");
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["leave","r"])"));
  EXPECT_THAT(room.heard(room.alice), ElementsAre(has("s", 2), request("s"), R"(["full","s"])"));
  EXPECT_EQ(room.unheard(), 0U);
  room.say(room.bob, "message", "1", 1);
  EXPECT_THAT(room.heard(room.bob).back(), HasSubstr("nobody"));
  EXPECT_EQ(room.unheard(), 0U);
}

TEST(Join, NoMoreRoomsIsALimit) {
  TestRoom room{{.rooms = 1}};
  const SocketId alice = room.connect();
  const SocketId bob = room.connect();
  room.join(alice, R"("r")");
  room.join(bob, R"("s")");
  EXPECT_THAT(room.heard(bob), ElementsAre(has("s", 0), request("s"), HasSubstr(refused("limit"))));
  room.join(bob, R"("s")", 2);
  EXPECT_THAT(room.heard(bob).back(), HasSubstr(R"(ack 2 [{"ok":false,"code":"limit","reason":")"));
  room.join(bob, R"("r")");
  EXPECT_THAT(room.heard(bob), Contains(R"(["joined","r"])"));
  room.join(bob, R"("s")");  // leaving r frees no room: alice is in it
  EXPECT_THAT(room.heard(bob).back(), HasSubstr(refused("limit")));
  room.join(alice, R"("t")");  // and this one does
  EXPECT_THAT(room.heard(alice), Contains(R"(["created","t"])"));
}

TEST(Message, GoesToTheMateAsWrittenAndIsEchoedInALog) {
  Pair room;
  room.say(room.alice, "message", R"({"b":1.50,"a":"\u00e9"},"x")");
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["message",{"b":1.50,"a":"\u00e9"},"x"])"));
  EXPECT_THAT(room.heard(room.alice),
              ElementsAre(log_of(R"("Got message:",{"b":1.50,"a":"\u00e9"},"x")")));
  EXPECT_EQ(room.unheard(), 0U);
}

TEST(Message, WithoutArgumentsIsOneToo) {
  Pair room;
  room.say(room.alice, "message");
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["message"])"));
  EXPECT_THAT(room.heard(room.alice), ElementsAre(log_of(R"("Got message:")")));
}

TEST(Message, CarriesAttachments) {
  Pair room;
  const std::vector<Blob> blobs{Blob{std::byte{1}}, Blob{}};
  room.say(room.alice, "message", R"({"_placeholder":true,"num":0},{"_placeholder":true,"num":1})",
           {}, blobs);
  EXPECT_THAT(
      room.heard(room.bob),
      ElementsAre(R"(["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])"));
  EXPECT_EQ(room.last_attachments, blobs);
}

TEST(Message, IsAcknowledgedToItsSenderAndNotRelayedWithItsId) {
  Pair room;
  room.say(room.alice, "message", "1", 12);
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["message",1])"));
  EXPECT_THAT(room.heard(room.alice),
              ElementsAre(log_of(R"("Got message:",1)"), R"(ack 12 [{"ok":true}])"));
  EXPECT_EQ(room.signaling.counters().messages, 1U);
}

TEST(Message, OutsideARoomIsEchoedAndReachesNobody) {
  Pair room;
  const SocketId carol = room.connect();
  room.say(carol, "message", "1", 5);
  EXPECT_THAT(room.heard(carol),
              ElementsAre(log_of(R"("Got message:",1)"),
                          HasSubstr(R"(ack 5 [{"ok":false,"code":"nobody","reason":")")));
  EXPECT_EQ(room.unheard(), 0U);
  EXPECT_EQ(room.signaling.counters().messages_unheard, 1U);
}

TEST(Message, StaysInItsRoom) {
  Pair room;
  const SocketId carol = room.connect();
  const SocketId dave = room.connect();
  room.join(carol, R"("s")");
  room.join(dave, R"("s")");
  room.forget();
  room.say(room.alice, "message", "1");
  EXPECT_THAT(room.heard(carol), IsEmpty());
  EXPECT_THAT(room.heard(dave), IsEmpty());
  EXPECT_THAT(room.heard(room.bob), Not(IsEmpty()));
}

TEST(Message, KeepsItsOrder) {
  Pair room;
  for (int i = 0; i < 3; ++i) room.say(room.alice, "message", std::to_string(i));
  EXPECT_THAT(room.heard(room.bob),
              ElementsAre(R"(["message",0])", R"(["message",1])", R"(["message",2])"));
}

TEST(Leave, FreesTheSeatAndTellsTheMate) {
  Pair room;
  room.say(room.alice, "leave", R"("whatever")", 8);
  EXPECT_THAT(room.heard(room.alice), ElementsAre(R"(ack 8 [{"ok":true}])"));
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["leave","r"])"));
  const SocketId carol = room.connect();
  room.join(carol, R"("r")");
  EXPECT_THAT(room.heard(carol), Contains(R"(["joined","r"])"));
  EXPECT_THAT(room.heard(room.bob), Contains(R"(["join","r"])"));
}

TEST(Leave, OutsideARoomIsHarmless) {
  Pair room;
  const SocketId carol = room.connect();
  room.say(carol, "leave");
  room.say(carol, "leave", "", 1);
  EXPECT_THAT(room.heard(carol), ElementsAre(R"(ack 1 [{"ok":true}])"));
  EXPECT_EQ(room.unheard(), 0U);
}

TEST(Leave, WithATokenFreesTheSeatAtOnceToo) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  room.say(alice, "leave");
  EXPECT_EQ(room.seats.room_count(), 0U);
  room.join(alice, R"("r",{"token":")" + token + "\"}", 2);
  EXPECT_NE(TestRoom::token_in(room.heard(alice).back()), token);
}

TEST(Disconnect, WithoutATokenFreesTheSeatAtOnce) {
  Pair room;
  room.disconnect(room.alice);
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["leave","r"])"));
  room.disconnect(room.bob);
  EXPECT_EQ(room.seats.room_count(), 0U);
  EXPECT_EQ(room.signaling.counters().sockets, 0U);
  EXPECT_EQ(room.unheard(), 0U);
}

TEST(Hold, KeepsTheSeatForAMinuteAndThenTellsTheMate) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  const SocketId bob = room.connect();
  room.join(bob, R"("r")");
  room.forget();
  room.disconnect(alice);
  EXPECT_EQ(room.signaling.next_timeout(), room.now + 60s);
  room.advance(60s - 1us);
  EXPECT_THAT(room.heard(bob), IsEmpty());
  const SocketId carol = room.connect();
  room.join(carol, R"("r")");
  EXPECT_THAT(room.heard(carol), Contains(R"(["full","r"])"));
  room.say(bob, "message", "1", 1);
  EXPECT_THAT(room.heard(bob).back(), HasSubstr("nobody"));
  room.advance(1us);
  EXPECT_THAT(room.heard(bob), ElementsAre(R"(["leave","r"])"));
  room.join(carol, R"("r")");
  EXPECT_THAT(room.heard(carol), Contains(R"(["joined","r"])"));
  EXPECT_EQ(room.signaling.next_timeout(), std::nullopt);
}

TEST(Hold, StartsAgainWhenTheHolderGoesAwayAgain) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  room.disconnect(alice);
  room.advance(30s);
  const SocketId again = room.connect();
  room.join(again, R"("r",{"token":")" + token + "\"}");
  room.advance(10s);
  room.disconnect(again);
  room.advance(59s);
  EXPECT_EQ(room.seats.taken("r"), 1);
  room.advance(1s);
  EXPECT_EQ(room.seats.taken("r"), 0);
}

TEST(Hold, OfBothEndsWithTheRoom) {
  TestRoom room;
  const auto [alice, alices] = room.seat_with_token(R"("r")");
  const auto [bob, bobs] = room.seat_with_token(R"("r")");
  room.disconnect(alice);
  room.advance(30s);
  room.disconnect(bob);
  room.advance(30s);
  EXPECT_EQ(room.seats.room_count(), 1U);
  EXPECT_EQ(room.seats.taken("r"), 1);
  room.advance(30s);
  EXPECT_EQ(room.seats.room_count(), 0U);
  EXPECT_EQ(room.seats.held_count(), 0U);
  EXPECT_EQ(room.signaling.counters().holds_expired, 2U);
}

TEST(Hold, IsBoundedForOneAddressAndOneIpv6Network) {
  TestRoom room{{.held_per_address = 2}};
  for (const bool v6 : {false, true}) {
    for (std::uint8_t i = 0; i < 3; ++i) {
      const SocketId socket = room.connect(v6 ? IpAddress::v6({0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, i})
                                              : IpAddress::v4({10, 0, 0, 1}));
      room.join(socket, '"' + std::to_string(v6) + std::to_string(i) + '"', 1);
      room.disconnect(socket);
    }
  }
  EXPECT_EQ(room.seats.held_count(), 4U);
  EXPECT_EQ(room.seats.room_count(), 4U);
  room.advance(60s);
  const SocketId again = room.connect(IpAddress::v4({10, 0, 0, 1}));
  room.join(again, R"("r")", 1);
  room.disconnect(again);
  EXPECT_EQ(room.seats.held_count(), 1U);  // the count went down with the holds
}

TEST(Resume, TakesTheHeldSeatBackAndTheMateMakesTheOffer) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  const SocketId bob = room.connect();
  room.join(bob, R"("r")");
  room.disconnect(alice);
  room.forget();
  room.advance(59s);
  const SocketId again = room.connect();
  room.join(again, R"("r",{"token":")" + token + "\"}", 9);
  EXPECT_THAT(room.heard(again),
              ElementsAre(has("r", 1), request("r"), R"(["joined","r"])",
                          R"(["emit(): client ID joined room r"])",
                          R"(ack 9 [{"ok":true,"role":"joined","token":")" + token + "\"}]"));
  EXPECT_THAT(room.heard(bob),
              ElementsAre(R"(["join","r"])", R"(["broadcast(): client ID joined room r"])"));
  room.advance(120s);  // the old hold means nothing any more
  EXPECT_EQ(room.unheard(), 0U);
  room.say(bob, "message", "1");
  EXPECT_THAT(room.heard(again), ElementsAre(R"(["message",1])"));
  EXPECT_EQ(room.signaling.counters().resumed, 1U);
}

TEST(Resume, OfWhoIsAloneIsCreated) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  room.disconnect(alice);
  const SocketId again = room.connect();
  room.join(again,
            R"("r",{"token":")" + token + "\"}");  // no acknowledgement asked, still honoured
  EXPECT_THAT(room.heard(again), ElementsAre(has("r", 0), request("r"), R"(["created","r"])",
                                             R"(["emit(): client ID joined room r"])"));
  EXPECT_EQ(room.seats.taken("r"), 1);
  room.disconnect(again);
  EXPECT_EQ(room.seats.held_count(), 1U);
}

TEST(Resume, EvictsTheOldSocketWhileItStillLooksAlive) {
  TestRoom room;
  const auto [ghost, token] = room.seat_with_token(R"("r")");
  const SocketId bob = room.connect();
  room.join(bob, R"("r")");
  room.forget();
  const SocketId again = room.connect();
  room.join(again, R"("r",{"token":")" + token + "\"}");
  EXPECT_THAT(room.heard(ghost), ElementsAre(HasSubstr(refused("moved"))));
  EXPECT_THAT(room.heard(again), Contains(R"(["joined","r"])"));
  EXPECT_THAT(room.heard(bob), ElementsAre(R"(["join","r"])", HasSubstr("broadcast()")));
  room.say(bob, "message", "1");
  EXPECT_THAT(room.heard(ghost), IsEmpty());
  EXPECT_THAT(room.heard(again), ElementsAre(R"(["message",1])"));
  room.forget();
  room.say(ghost, "message", "2");
  EXPECT_THAT(room.heard(bob), IsEmpty());
  room.disconnect(ghost);  // frees nothing
  EXPECT_THAT(room.heard(bob), IsEmpty());
  EXPECT_EQ(room.seats.taken("r"), 2);
}

TEST(Resume, FromAnotherRoomLeavesThatOne) {
  Pair room;
  const auto [carol, token] = room.seat_with_token(R"("s")");
  room.disconnect(carol);
  room.join(room.alice, R"("s",{"token":")" + token + "\"}");
  EXPECT_THAT(room.heard(room.alice), Contains(R"(["created","s"])"));
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["leave","r"])"));
  EXPECT_EQ(room.seats.taken("r"), 1);
  EXPECT_EQ(room.seats.taken("s"), 1);
}

TEST(Resume, AWrongTokenIsNone) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  const auto [bob, bobs] = room.seat_with_token(R"("other")");
  const SocketId carol = room.connect();
  room.join(carol, R"("r",{"token":")" + bobs + "\"}", 1);  // of another room
  EXPECT_THAT(room.heard(carol), Contains(R"(["joined","r"])"));
  room.forget();
  const SocketId dave = room.connect();
  for (const std::string guess : {R"("")", "null", "1", R"("AAAAAAAAAAAAAAAAAAAAAAAA")"}) {
    room.join(dave, R"("r",{"token":)" + guess + "}");
    EXPECT_THAT(room.heard(dave), Contains(R"(["full","r"])")) << guess;
  }
  const std::string zeros = R"("r",{"token":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000)"
                            R"(\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000)"
                            R"(\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"})";
  Pair tokenless;
  const SocketId erin = tokenless.connect();
  tokenless.join(erin, zeros);  // is not the token of a seat that has none
  EXPECT_THAT(tokenless.heard(erin), Contains(R"(["full","r"])"));
}

TEST(Drain, TellsEverybodyAndRefusesNewSeats) {
  Pair room;
  const SocketId carol = room.connect();
  room.drain();
  for (const SocketId socket : {room.alice, room.bob, carol}) {
    EXPECT_THAT(room.heard(socket), ElementsAre(R"(["draining"])"));
  }
  room.drain();
  EXPECT_EQ(room.unheard(), 0U);
  room.join(carol, R"("new")");
  EXPECT_THAT(room.heard(carol),
              ElementsAre(has("new", 0), request("new"), HasSubstr(refused("draining"))));
  room.join(carol, R"("new")", 1);
  EXPECT_THAT(room.heard(carol).back(), HasSubstr(R"(ack 1 [{"ok":false,"code":"draining",)"));
  room.join(room.alice, R"("new")");
  EXPECT_THAT(room.heard(room.bob), IsEmpty());  // refused, and so she stays
  room.forget();
  room.say(room.alice, "message", "1");
  EXPECT_THAT(room.heard(room.bob), ElementsAre(R"(["message",1])"));
}

TEST(Drain, LetsHoldersComeBackAndOwnRoomsRepeat) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  room.drain();
  room.forget();
  room.join(alice, R"("r")", 1);
  EXPECT_THAT(room.heard(alice).back(), HasSubstr(token));
  const SocketId again = room.connect();
  EXPECT_THAT(room.heard(again), ElementsAre(R"(["draining"])"));
  room.join(again, R"("r",{"token":")" + token + "\"}", 2);
  EXPECT_THAT(room.heard(again).back(), HasSubstr(R"("ok":true)"));
}

TEST(Unknown, EventsAndSocketsAreIgnored) {
  Pair room;
  for (const std::string_view name : {"", "join", "created", "messag", "message "}) {
    room.say(room.alice, name, "1", 1);
  }
  room.say(SocketId{99}, "message", "1", 1);
  room.join(SocketId{99}, R"("r")");
  room.disconnect(SocketId{99});
  EXPECT_EQ(room.unheard(), 0U);
}

TEST(Flow, WhoFeedsACongestedSocketIsPaused) {
  Pair room;
  room.set_congested(room.bob, true);
  EXPECT_TRUE(room.is_paused(room.bob));  // his echoes
  EXPECT_TRUE(room.is_paused(room.alice));
  room.set_congested(room.alice, true);
  room.set_congested(room.bob, false);
  EXPECT_TRUE(room.is_paused(room.bob));
  EXPECT_TRUE(room.is_paused(room.alice));
  room.set_congested(room.alice, false);
  EXPECT_FALSE(room.is_paused(room.bob));
  EXPECT_FALSE(room.is_paused(room.alice));
}

TEST(Flow, FollowsTheMate) {
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  const SocketId bob = room.connect();
  room.set_congested(bob, true);
  EXPECT_FALSE(room.is_paused(alice));
  room.join(bob, R"("r")");
  EXPECT_TRUE(room.is_paused(alice));
  const SocketId again = room.connect();
  room.join(again, R"("r",{"token":")" + token + "\"}");
  EXPECT_FALSE(room.is_paused(alice));  // evicted: it feeds bob no more
  EXPECT_TRUE(room.is_paused(again));
  room.disconnect(bob);
  EXPECT_FALSE(room.is_paused(again));
  const SocketId carol = room.connect();
  room.set_congested(carol, true);
  room.join(carol, R"("r")", 1);
  EXPECT_TRUE(room.is_paused(again));
  room.say(carol, "leave");
  EXPECT_FALSE(room.is_paused(again));
  EXPECT_TRUE(room.is_paused(carol));
}

TEST(News, TellsWhatHappenedToSeats) {
  using What = SeatNews::What;
  TestRoom room;
  const auto [alice, token] = room.seat_with_token(R"("r")");
  const SocketId bob = room.connect();
  room.join(bob, R"("r")");
  room.join(room.connect(), R"("r")");
  room.disconnect(alice);
  room.join(room.connect(), R"("r",{"token":")" + token + "\"}");
  room.say(bob, "leave");
  for (const What what :
       {What::Created, What::Joined, What::Full, What::Away, What::Resumed, What::Left}) {
    const auto news = room.signaling.poll_news();
    ASSERT_TRUE(news);
    EXPECT_EQ(news->what, what);
    EXPECT_EQ(news->room, "r");
  }
  EXPECT_FALSE(room.signaling.poll_news());
}

TEST(News, IsBoundedWhereNobodyAsks) {
  TestRoom room;
  const SocketId alice = room.connect();
  for (std::size_t i = 0; i < Signaling::kMaxNews; ++i) {
    room.join(alice, '"' + std::to_string(i) + '"');
  }
  std::size_t count = 0;
  while (room.signaling.poll_news()) ++count;
  EXPECT_EQ(count, Signaling::kMaxNews);
}

}  // namespace
}  // namespace duet::room
