// SPDX-License-Identifier: MIT
// Who takes nothing: counted, held, told of, and in the end cut off.
#include <duet/socketio/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::socketio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

EngineConfig small() {
  EngineConfig config;
  config.high_water = 1000;
  return config;
}

/// One session that takes nothing unless told to.
struct Slow : Lab {
  explicit Slow(const char* query = kWebSocket) : Lab{small()} {
    application = [this](const EngineEvent& event) {
      log.push_back(name(event));
      session = event.session;
    };
    const bool is_websocket = std::string_view{query}.find("websocket") != std::string_view::npos;
    takes = !is_websocket;
    if (is_websocket) {
      websocket = connect(query);
      std::size_t handshake = heard(websocket).front().size();
      take(websocket, handshake);
    } else {
      at = with_sid(query, open_polling(query));
      takes = false;
    }
  }

  void send(std::size_t bytes) {
    engine.send(now, session, MessageKind::Text, std::string(bytes - 1, 'x'));
    settle();
  }

  SessionId session{};
  int websocket = 0;
  std::string at;
};

TEST(EngineBacklog, CountsWhatHasNotLeft) {
  Slow lab;
  EXPECT_EQ(lab.engine.backlog(lab.session), 0U);
  lab.send(100);
  lab.send(200);
  EXPECT_EQ(lab.engine.backlog(lab.session), 300U);
  lab.take(lab.websocket, 250);
  EXPECT_EQ(lab.engine.backlog(lab.session), 50U);
  lab.take(lab.websocket, 999);  // more than there was
  EXPECT_EQ(lab.engine.backlog(lab.session), 0U);
}

TEST(EngineBacklog, OverPollingIsWhatWaitsForAnAnswerOrIsInOneThatHasNotLeft) {
  Slow lab{kPolling};
  lab.send(100);
  lab.send(200);
  EXPECT_EQ(lab.engine.backlog(lab.session), 300U);
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.engine.backlog(lab.session), 301U);  // with what separates the two
  lab.send(10);
  EXPECT_EQ(lab.engine.backlog(lab.session), 311U);
  lab.take_answer(poll, 300);
  EXPECT_EQ(lab.engine.backlog(lab.session), 11U);
  lab.take_answer(poll, 300);  // more than there was
  EXPECT_EQ(lab.engine.backlog(lab.session), 10U);
}

TEST(EngineBacklog, OverPollingForgetsTheAnswerOfWhoAsksAgain) {
  Slow lab{kPolling};
  lab.send(100);
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.engine.backlog(lab.session), 100U);
  lab.get(lab.at);
  EXPECT_EQ(lab.engine.backlog(lab.session), 0U);
  lab.take_answer(poll, 100);
  EXPECT_EQ(lab.engine.backlog(lab.session), 0U);
}

TEST(EngineBacklog, IsPatientWithWhoDownloadsALongAnswer) {
  Slow lab{kPolling};
  lab.send(2000);
  const int poll = lab.get(lab.at);
  EXPECT_TRUE(lab.engine.is_congested(lab.session));
  for (int i = 0; i < 4; ++i) {
    lab.wait(4s);
    lab.take_answer(poll, 1);
  }
  EXPECT_EQ(lab.engine.session_count(), 1U);
  lab.wait(5s);
  EXPECT_EQ(lab.engine.session_count(), 0U);
  EXPECT_EQ(lab.engine.counters().stalled, 1U);
}

TEST(EngineBacklog, EndsASessionWhoseAnswerIsLostOnTheWay) {
  Slow lab{kPolling};
  lab.send(2000);
  lab.abort(lab.get(lab.at));
  EXPECT_EQ(lab.engine.session_count(), 0U);
  EXPECT_EQ(lab.log.back(), "closed");
}

TEST(EngineBacklog, MovesWithTheUpgrade) {
  Slow lab{kPolling};
  std::string query{kWebSocket};
  const int websocket = lab.connect(query + lab.at.substr(lab.at.find("&sid")));
  lab.send(100);
  lab.say(websocket, "2probe");
  EXPECT_EQ(lab.engine.backlog(lab.session), 100U);
  lab.say(websocket, "5");
  EXPECT_EQ(lab.engine.backlog(lab.session), 106U);
  lab.take(websocket, 106);
  EXPECT_EQ(lab.engine.backlog(lab.session), 0U);
}

TEST(EngineBacklog, IsTooMuchFromHighWaterDownToHalf) {
  Slow lab;
  lab.send(1000);
  EXPECT_FALSE(lab.engine.is_congested(lab.session));
  EXPECT_EQ(lab.engine.poll_congestion_change(), std::nullopt);
  lab.send(1);
  EXPECT_TRUE(lab.engine.is_congested(lab.session));
  EXPECT_EQ(lab.engine.poll_congestion_change(), lab.session);
  EXPECT_EQ(lab.engine.poll_congestion_change(), std::nullopt);
  lab.take(lab.websocket, 500);
  EXPECT_TRUE(lab.engine.is_congested(lab.session));
  lab.take(lab.websocket, 1);
  EXPECT_FALSE(lab.engine.is_congested(lab.session));
  EXPECT_EQ(lab.engine.poll_congestion_change(), lab.session);
}

TEST(EngineBacklog, DoesNotTellOfAChangeThatIsGone) {
  Slow lab;
  lab.send(1001);
  lab.take(lab.websocket, 1001);
  EXPECT_EQ(lab.engine.poll_congestion_change(), std::nullopt);
  lab.send(1001);
  lab.hang_up(lab.websocket);
  EXPECT_EQ(lab.engine.poll_congestion_change(), std::nullopt);
}

TEST(EngineBacklog, StopsReadingWhoDoesNotRead) {
  Slow lab;
  lab.send(1001);
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4" + std::string(1000, 'x'), "pause"));
  lab.engine.pause(lab.now, lab.session);
  lab.take(lab.websocket, 1001);
  EXPECT_THAT(lab.heard(lab.websocket), IsEmpty());  // the application still holds it
  lab.engine.resume(lab.now, lab.session);
  lab.settle();
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("resume"));
}

TEST(EngineBacklog, WithholdsThePostOfWhoDoesNotPoll) {
  Slow lab{kPolling};
  lab.send(1001);
  const int post = lab.post(lab.at, "4hello");
  EXPECT_EQ(lab.answer(post), "waits");
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.answer(post), "waits");
  lab.take_answer(poll, 600);
  EXPECT_EQ(lab.answer(post), "200 ok");
}

TEST(EngineBacklog, EndsASessionThatTakesNothingForFiveSeconds) {
  Slow lab;
  lab.send(1001);
  lab.wait(4999ms);
  EXPECT_EQ(lab.engine.session_count(), 1U);
  lab.wait(1ms);
  EXPECT_EQ(lab.engine.session_count(), 0U);
  EXPECT_EQ(lab.engine.counters().stalled, 1U);
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre(testing::_, "pause", "close 1008"));
}

TEST(EngineBacklog, EndsASessionThatDoesNotPoll) {
  Slow lab{kPolling};
  lab.send(1001);
  lab.wait(5s);
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
  EXPECT_EQ(lab.engine.counters().stalled, 1U);
}

TEST(EngineBacklog, IsPatientWithWhoTakesALittle) {
  Slow lab;
  lab.send(2000);
  for (int i = 0; i < 100; ++i) {
    lab.wait(4s);
    lab.take(lab.websocket, 1);
  }
  EXPECT_EQ(lab.engine.session_count(), 1U);
  EXPECT_TRUE(lab.engine.is_congested(lab.session));
}

TEST(EngineBacklog, IsPatientWithWhoTakesWhatLeftBefore) {
  Slow lab;
  lab.send(2000);
  for (int i = 0; i < 10; ++i) {
    lab.wait(4s);
    lab.take(lab.websocket, 0);
  }
  EXPECT_EQ(lab.engine.session_count(), 1U);
  EXPECT_GE(lab.engine.backlog(lab.session), 2000U);
  lab.wait(5s);
  EXPECT_EQ(lab.engine.counters().stalled, 1U);
}

TEST(EngineBacklog, IsNothingOfASessionThatIsGone) {
  Slow lab;
  lab.send(100);
  lab.hang_up(lab.websocket);
  EXPECT_EQ(lab.engine.backlog(lab.session), 0U);
  EXPECT_FALSE(lab.engine.is_congested(lab.session));
  lab.send(100);
  EXPECT_FALSE(lab.engine.poll_transmit().has_value());
}

}  // namespace
}  // namespace duet::socketio
