// SPDX-License-Identifier: MIT
// A seat from its holder's side, and what the other one says.
#include <duet/room/guest.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::room {
namespace {

using socketio::ClientAcknowledged;
using socketio::ClientConnected;
using socketio::ClientDisconnected;
using socketio::ClientReceived;

struct GuestTest : testing::Test {
  std::string emitted() {
    const auto emit = guest.poll_emit();
    return emit ? emit->payload : "";
  }

  template <class T>
  T happened() {
    const auto event = guest.poll_event();
    EXPECT_TRUE(event && std::holds_alternative<T>(*event));
    return event && std::holds_alternative<T>(*event) ? std::get<T>(*event) : T{};
  }

  void sit_down() {
    guest.handle_event(ClientConnected{"x"});
    emitted();
    guest.handle_event(ClientReceived{"created", R"("otter")", {}});
    guest.handle_event(ClientAcknowledged{{}, R"([{"ok":true,"role":"created","token":"t0k"}])"});
    guest.poll_event();
  }

  Guest guest{"otter", "Ann"};
};

TEST_F(GuestTest, AsksForItsSeatWhenConnected) {
  EXPECT_EQ(emitted(), "");
  guest.handle_event(ClientConnected{"x"});
  EXPECT_EQ(emitted(), R"(["create or join","otter",{"name":"Ann"}])");
  guest.handle_event(ClientReceived{"joined", R"("otter")", {}});
  EXPECT_EQ(happened<SeatTaken>().other, SeatTaken::Other::There);
  EXPECT_TRUE(guest.is_seated());
}

TEST_F(GuestTest, TakesItsSeatBackWithTheToken) {
  sit_down();
  guest.handle_event(ClientDisconnected{});
  EXPECT_FALSE(guest.is_seated());
  guest.handle_event(ClientConnected{"y"});
  EXPECT_EQ(emitted(), R"(["create or join","otter",{"name":"Ann","token":"t0k"}])");
}

TEST_F(GuestTest, SaysWhichOfferAnAnswerIsFor) {
  using enum PeerDescription::Type;
  const auto said_to = [this]() -> std::string {
    const std::string text = emitted();  // ["message",{...}]
    const auto message = parse_peer_message(text.substr(11, text.size() - 12));
    return message ? std::get<PeerDescription>(*message).to : "no message";
  };
  sit_down();
  guest.say(PeerDescription{Answer, "v=0\r\n"});
  EXPECT_EQ(said_to(), "");
  guest.handle_event(ClientReceived{
      "message", R"({"type":"offer","sdp":"v=0\r\no=- 42 1 IN IP4 0.0.0.0\r\n"})", {}});
  guest.handle_event(ClientReceived{
      "message", R"({"type":"offer","sdp":"v=0\r\no=- 42 2 IN IP4 0.0.0.0\r\n"})", {}});
  happened<OtherSaid>();
  guest.say(PeerDescription{Answer, "v=0\r\n"});
  EXPECT_EQ(said_to(), "42 1") << "the second has not been heard yet";
  happened<OtherSaid>();
  guest.say(PeerDescription{Offer, "v=0\r\n"});
  EXPECT_EQ(said_to(), "") << "an offer is for nothing";
  guest.say(PeerDescription{Answer, "v=0\r\n"});
  EXPECT_EQ(said_to(), "42 2");
  guest.say(PeerDescription{Answer, "v=0\r\n", "7 7"});
  EXPECT_EQ(said_to(), "7 7") << "whoever knows better is believed";
}

TEST_F(GuestTest, AsksNoMoreOnceRefused) {
  guest.handle_event(ClientConnected{"x"});
  emitted();
  guest.handle_event(ClientReceived{"full", R"("otter")", {}});
  guest.handle_event(
      ClientAcknowledged{{}, R"([{"ok":false,"code":"full","reason":"Two are there."}])"});
  const auto refused = happened<SeatRefused>();
  EXPECT_EQ(refused.why, SeatRefused::Why::Full);
  EXPECT_EQ(refused.reason, "Two are there.");
  guest.handle_event(ClientDisconnected{});
  guest.handle_event(ClientConnected{"y"});
  EXPECT_EQ(emitted(), "");
  guest.ask();
  EXPECT_NE(emitted(), "");
}

TEST_F(GuestTest, LeavesForGood) {
  sit_down();
  guest.leave();
  EXPECT_EQ(emitted(), R"(["leave"])");
  guest.handle_event(ClientDisconnected{});
  guest.handle_event(ClientConnected{"y"});
  EXPECT_EQ(emitted(), "");
}

TEST_F(GuestTest, TellsOfServersByUrl) {
  guest.handle_event(ClientReceived{"ice servers",
                                    R"([{"urls":["stun:a.example:2022"]},
          {"urls":["turn:a.example:2022?transport=udp","http://no"],"username":"u","credential":"c"},
          {"urls":"turns:a.example:2022?transport=tcp","username":"u","credential":"c"}, 7])",
                                    {}});
  const auto servers = happened<IceServersChanged>().servers;
  ASSERT_EQ(servers.size(), 3U);
  EXPECT_EQ(servers[0].uri.scheme, stun::Uri::Scheme::Stun);
  EXPECT_EQ(servers[1].username, "u");
  EXPECT_EQ(servers[2].uri.transport, stun::Uri::Transport::Tcp);
}

TEST(PeerMessage, ComesBackAsItWasWritten) {
  const PeerMessage messages[] = {
      PeerDescription{PeerDescription::Type::Offer, "v=0\r\no=- 1 1 IN IP4 0\r\n"},
      PeerDescription{PeerDescription::Type::Answer, "v=0\r\n"},
      PeerDescription{PeerDescription::Type::Answer, "v=0\r\n", "46117317 2"},
      PeerCandidate{"candidate:1 1 udp 1 1.2.3.4 5 typ host", "0", 0, "abcd"},
      PeerCandidate{"", std::nullopt, std::nullopt, std::nullopt},
      PeerMedia{true, false, true, "Ännchen \"x\""},
      PeerBye{},
  };
  for (const PeerMessage& message : messages) {
    EXPECT_EQ(parse_peer_message(to_json(message)), message) << to_json(message);
  }
}

TEST(PeerMessage, UnderstandsTheTeachingForm) {
  const auto message =
      parse_peer_message(R"({"type":"candidate","label":1,"id":"video","candidate":"c"})");
  EXPECT_EQ(message, PeerMessage(PeerCandidate{"c", "video", 1, std::nullopt}));
}

TEST(PeerMessage, IgnoresWhatIsUnknownOrTooMuch) {
  for (const std::string& text : {
           std::string{""},
           std::string{"7"},
           std::string{R"("got user media")"},
           std::string{R"({"type":"offer"})"},
           std::string{R"({"type":"offer","sdp":""})"},
           std::string{R"({"type":"candidate","candidate":"without a place"})"},
           std::string{R"({"type":"candidate","candidate":7,"sdpMid":"0"})"},
           R"({"type":"offer","sdp":")" + std::string(kMaxSdp + 1, 'v') + "\"}",
       }) {
    EXPECT_FALSE(parse_peer_message(text)) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace duet::room
