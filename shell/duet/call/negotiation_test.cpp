// SPDX-License-Identifier: MIT
// Two negotiations, with real connections on loopback between them.
#include <duet/base/random.hpp>
#include <duet/call/negotiation.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace duet::call {
namespace {

/// One end with its mail: what it says is delivered when the test wants.
struct End {
  explicit End(rtc::Runtime& runtime)
      : negotiation{
            runtime,
            {.configuration = [] { return rtc::Configuration{.loopback = rtc::Loopback::Only}; },
             .handlers =
                 [this] {
                   return rtc::Handlers{.connection_state = [this](auto state) {
                     if (state == peer::ConnectionState::Connected) ++connected;
                   }};
                 },
             .say = [this](const room::PeerMessage& said) { outbox.push_back(said); },
             .attach =
                 [](PeerConnection& connection, Negotiation::Handler::Making making) {
                   if (making == Negotiation::Handler::Making::Offer &&
                       connection.transceivers().empty()) {
                     (void)connection.create_data_channel({.label = "chat"});
                   }
                 },
             .made = [this](PeerConnection&, bool) { ++connections; },
             .described = [](const char*, const peer::SessionDescription&) {}}} {}

  bool is_connected() const {
    const auto* connection = negotiation.connection();
    return connection != nullptr &&
           connection->connection_state() == peer::ConnectionState::Connected;
  }

  void hear(const room::PeerMessage& message) {
    if (const auto* description = std::get_if<room::PeerDescription>(&message)) {
      negotiation.handle_description(*description);
    } else if (const auto* candidate = std::get_if<room::PeerCandidate>(&message)) {
      negotiation.handle_candidate(*candidate);
    }
  }

  std::deque<room::PeerMessage> outbox;
  int connections = 0;
  int connected = 0;
  Negotiation negotiation;
};

struct NegotiationTest : testing::Test {
  void exchange() {
    for (const auto& [from, to] : {std::pair{alice.get(), bob.get()}, {bob.get(), alice.get()}}) {
      for (const auto& message : std::exchange(from->outbox, {})) to->hear(message);
    }
  }

  bool run_until(const std::function<bool()>& condition) {
    for (const Instant end = loop.now() + 5s; !condition() && loop.now() < end;) {
      exchange();
      loop.run_turn(20ms);
    }
    return condition();
  }

  bool connect() {
    alice->negotiation.start(Role::Impolite);
    bob->negotiation.start(Role::Polite);
    return run_until([this] { return alice->is_connected() && bob->is_connected(); });
  }

  /// Until both are silent and their connections work.
  bool settle() {
    return run_until([this] {
      return alice->is_connected() && bob->is_connected() && alice->outbox.empty() &&
             bob->outbox.empty() &&
             alice->negotiation.connection()->signaling_state() == peer::SignalingState::Stable &&
             bob->negotiation.connection()->signaling_state() == peer::SignalingState::Stable;
    });
  }

  net::EventLoop loop;
  SeededRandom random{1};
  rtc::Runtime runtime{loop, random};
  std::unique_ptr<End> alice = std::make_unique<End>(runtime);
  std::unique_ptr<End> bob = std::make_unique<End>(runtime);
};

TEST_F(NegotiationTest, LetsWhoHearsJoinOffer) {
  alice->negotiation.start(Role::Impolite);
  bob->negotiation.start(Role::Polite);
  ASSERT_FALSE(alice->outbox.empty());
  EXPECT_EQ(std::get<room::PeerDescription>(alice->outbox.front()).type,
            room::PeerDescription::Type::Offer);
  EXPECT_TRUE(bob->outbox.empty());
  EXPECT_TRUE(settle());
}

TEST_F(NegotiationTest, LeavesAPathThatWorksAloneWhenTheMateComesBack) {
  ASSERT_TRUE(connect());
  alice->negotiation.start(Role::Impolite);
  bob->negotiation.start(Role::Polite);
  EXPECT_TRUE(settle());
  EXPECT_EQ(alice->connections, 1);
  EXPECT_EQ(bob->connections, 1);
}

TEST_F(NegotiationTest, MeetsAMateThatStartedAnewWithANewConnection) {
  ASSERT_TRUE(connect());
  bob = std::make_unique<End>(runtime);
  alice->negotiation.start(Role::Impolite);  // the old path still looks well
  bob->negotiation.start(Role::Polite);
  EXPECT_TRUE(settle());
  EXPECT_EQ(bob->connected, 1);
}

TEST_F(NegotiationTest, TakesTheOfferOfAMateThatStartedAnew) {
  ASSERT_TRUE(connect());
  alice = std::make_unique<End>(runtime);
  bob->negotiation.start(Role::Polite);
  alice->negotiation.start(Role::Impolite);
  EXPECT_TRUE(settle());
  EXPECT_EQ(bob->connections, 2);
}

TEST_F(NegotiationTest, SettlesOffersThatCrossOnTheWay) {
  ASSERT_TRUE(connect());
  alice->negotiation.restart();
  bob->negotiation.restart();
  EXPECT_TRUE(settle());
}

TEST_F(NegotiationTest, OffersAgainWhatWasLostWithTheSignalingConnection) {
  ASSERT_TRUE(connect());
  alice->negotiation.restart();
  alice->outbox.clear();
  alice->negotiation.start(Role::Impolite);
  EXPECT_TRUE(settle());
}

TEST_F(NegotiationTest, TakesAnAnswerToAnotherOfferForNone) {
  alice->negotiation.start(Role::Impolite);
  alice->outbox.clear();
  bob->negotiation.start(Role::Polite);
  alice->hear(room::PeerDescription{room::PeerDescription::Type::Answer,
                                    "v=0\r\no=- 9 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "8 1"});
  EXPECT_EQ(alice->negotiation.connection()->signaling_state(),
            peer::SignalingState::HaveLocalOffer);
}

TEST_F(NegotiationTest, KeepsWhatWorksWhenABrokenOfferComes) {
  ASSERT_TRUE(connect());
  const auto* before = bob->negotiation.connection();
  for (const std::string sdp :
       {"", "v=0\r\no=- 9 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        "v=0\r\no=- 9 1 IN IP4 0.0.0.0\r\nrubbish"}) {
    bob->hear(room::PeerDescription{room::PeerDescription::Type::Offer, sdp});
  }
  EXPECT_EQ(bob->negotiation.connection(), before);
  EXPECT_TRUE(bob->is_connected());
  EXPECT_EQ(bob->connections, 1);
}

TEST_F(NegotiationTest, MakesFewConnectionsHoweverManyOffersOfOthersCome) {
  ASSERT_TRUE(connect());
  std::vector<std::unique_ptr<End>> strangers;
  for (int i = 0; i < 30; ++i) {
    strangers.push_back(std::make_unique<End>(runtime));
    strangers.back()->negotiation.start(Role::Impolite);
    bob->hear(strangers.back()->outbox.front());
  }
  EXPECT_LE(bob->connections, 10);
  // The last one is not forgotten: it is the one that is there.
  alice = std::move(strangers.back());
  strangers.clear();
  EXPECT_TRUE(settle());
}

TEST_F(NegotiationTest, KeepsABoundedNumberOfEarlyCandidates) {
  for (int i = 0; i < 10'000; ++i) {
    alice->hear(room::PeerCandidate{"candidate:1 1 udp 1 192.0.2.1 1 typ host", "0", 0, {}});
  }
  EXPECT_TRUE(connect());
}

TEST_F(NegotiationTest, IsSilentOnceReset) {
  ASSERT_TRUE(connect());
  alice->negotiation.reset();
  alice->negotiation.restart();
  EXPECT_TRUE(alice->outbox.empty());
  EXPECT_EQ(alice->negotiation.connection(), nullptr);
}

}  // namespace
}  // namespace duet::call
