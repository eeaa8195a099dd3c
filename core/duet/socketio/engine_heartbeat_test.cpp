// SPDX-License-Identifier: MIT
// Heartbeats in both directions, to the millisecond.
#include <duet/socketio/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::socketio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EngineHeartbeat, OfVersion4IsTheServersPing) {
  Lab lab{fast()};
  const int websocket = lab.connect(kWebSocket);
  lab.heard(websocket);
  for (int i = 0; i < 3; ++i) {
    lab.wait(299ms);
    EXPECT_THAT(lab.heard(websocket), IsEmpty());
    lab.wait(1ms);
    EXPECT_THAT(lab.heard(websocket), ElementsAre("2"));
    lab.say(websocket, "3");
  }
}

TEST(EngineHeartbeat, OfVersion4ReachesPolls) {
  Lab lab{fast()};
  const std::string at = with_sid(kPolling, lab.open_polling(kPolling));
  for (int i = 0; i < 3; ++i) {
    const int poll = lab.get(at);
    lab.wait(300ms);
    EXPECT_EQ(lab.answer(poll), "200 2");
    EXPECT_EQ(lab.tell(at, "3"), "200 ok");
  }
}

TEST(EngineHeartbeat, OfVersion4EndsAWebSocketThatDoesNotAnswer) {
  Lab lab{fast()};
  const int websocket = lab.connect(kWebSocket);
  lab.heard(websocket);
  lab.wait(498ms);
  EXPECT_THAT(lab.heard(websocket), ElementsAre("2"));
  lab.wait(2ms);
  EXPECT_THAT(lab.heard(websocket), ElementsAre("close 1001"));
  EXPECT_THAT(lab.log, ElementsAre("opened", "closed"));
  EXPECT_EQ(lab.engine.counters().heartbeat_lost, 1U);
}

TEST(EngineHeartbeat, IsComparedAgainWhenARequestComes) {
  for (const char* query : {kPolling, kPollingV3}) {
    Lab lab{fast()};
    const std::string at = with_sid(query, lab.open_polling(query));
    lab.wait(300ms);
    lab.now += 200ms;  // and nobody called handle_timeout()
    EXPECT_EQ(lab.ask(at), kUnknownSid) << query;
  }
}

TEST(EngineHeartbeat, CountsFromWhenThePingWasDue) {
  Lab lab{fast()};
  const std::string at = with_sid(kPolling, lab.open_polling(kPolling));
  lab.now += 340ms;  // a late timeout
  lab.engine.handle_timeout(lab.now);
  lab.settle();
  lab.now += 160ms;
  EXPECT_EQ(lab.ask(at), kUnknownSid);
}

TEST(EngineHeartbeat, BlamesNobodyForTheServersOwnAbsence) {
  Lab lab{fast()};
  const int websocket = lab.connect(kWebSocket);
  lab.heard(websocket);
  lab.now += 1h;
  lab.engine.handle_timeout(lab.now);
  lab.settle();
  EXPECT_THAT(lab.heard(websocket), ElementsAre("2"));
  lab.wait(100ms);
  lab.say(websocket, "3");
  EXPECT_EQ(lab.engine.session_count(), 1U);
}

TEST(EngineHeartbeat, OfVersion3IsTheClientsPing) {
  Lab lab{fast()};
  const int websocket = lab.connect(kWebSocketV3);
  lab.heard(websocket);
  for (int i = 0; i < 3; ++i) {
    lab.wait(450ms);
    lab.say(websocket, "2");
    EXPECT_THAT(lab.heard(websocket), ElementsAre("3"));
  }
  lab.wait(500ms);
  EXPECT_THAT(lab.heard(websocket), ElementsAre("close 1001"));
}

TEST(EngineHeartbeat, OfVersion3WorksOverPolling) {
  Lab lab{fast()};
  const std::string at = with_sid(kPollingV3, lab.open_polling(kPollingV3));
  for (int i = 0; i < 3; ++i) {
    lab.wait(300ms);
    EXPECT_EQ(lab.tell(at, "1:2"), "200 ok");
    EXPECT_EQ(lab.ask(at), "200 1:3");
  }
  lab.wait(500ms);
  EXPECT_EQ(lab.tell(at, "1:2"), kUnknownSid);
}

TEST(EngineHeartbeat, OfVersion3RepeatsThePingsData) {
  Lab lab;
  const int websocket = lab.connect(kWebSocketV3);
  lab.heard(websocket);
  lab.say(websocket, "2probe");
  EXPECT_THAT(lab.heard(websocket), ElementsAre("3probe"));
  lab.say(websocket, "2" + std::string(126, 'x'));
  EXPECT_THAT(lab.heard(websocket), ElementsAre("close 1002"));
}

TEST(EngineHeartbeat, RunsOneWayOnly) {
  Lab lab;
  const int v3 = lab.connect(kWebSocketV3);
  const int v4 = lab.connect(kWebSocket);
  lab.heard(v3);
  lab.heard(v4);
  lab.say(v3, "3");
  lab.say(v4, "2");
  EXPECT_THAT(lab.heard(v3), ElementsAre("close 1002"));
  EXPECT_THAT(lab.heard(v4), ElementsAre("close 1002"));
}

TEST(EngineHeartbeat, IsKeptByWhoIsStillSending) {
  Lab lab{fast()};
  const int websocket = lab.connect(kWebSocket);
  for (int i = 0; i < 20; ++i) {
    lab.wait(100ms);
    lab.say(websocket, "4part of something long");
  }
  EXPECT_EQ(lab.engine.session_count(), 1U);
  lab.wait(500ms);
  EXPECT_EQ(lab.engine.session_count(), 0U);
}

TEST(EngineHeartbeat, DoesNotRunOutWhileTheSessionIsPaused) {
  for (const char* query : {kWebSocket, kWebSocketV3}) {
    Lab lab{fast()};
    SessionId session{};
    lab.application = [&](const EngineEvent& event) { session = event.session; };
    lab.connect(query);
    lab.engine.pause(lab.now, session);
    lab.settle();
    lab.wait(1h);
    EXPECT_EQ(lab.engine.session_count(), 1U) << query;
    lab.engine.resume(lab.now, session);
    lab.wait(150ms);
    EXPECT_EQ(lab.engine.session_count(), 1U) << query;
    lab.wait(350ms);
    EXPECT_EQ(lab.engine.session_count(), 0U) << query;
  }
}

TEST(EngineHeartbeat, TellsAPollThatWaitsThatItIsLost) {
  Lab lab{fast()};
  const std::string at = with_sid(kPollingV3, lab.open_polling(kPollingV3));
  const int poll = lab.get(at);
  lab.wait(500ms);
  EXPECT_EQ(lab.answer(poll), "200 1:1");
}

TEST(EngineHeartbeat, KeepsFewTimersHoweverManyMessagesCome) {
  Lab lab;
  const int websocket = lab.connect(kWebSocket);
  int wakes = 0;
  for (int i = 0; i < 10'000; ++i) lab.say(websocket, "4hello");
  const Instant end = lab.now + 24s;
  while (const auto next = lab.engine.next_timeout()) {
    if (*next > end) break;
    lab.engine.handle_timeout(*next);
    ++wakes;
  }
  EXPECT_LE(wakes, 1);
}

}  // namespace
}  // namespace duet::socketio
