// SPDX-License-Identifier: MIT
// Sessions over WebSocket, and the upgrade from long-polling.
#include <duet/socketio/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::socketio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Connected : Lab {
  explicit Connected(const char* query = kWebSocket) : websocket{connect(query)} {
    heard(websocket);
  }

  int websocket;
};

TEST(EngineWebSocket, EchoesTextAndBinary) {
  Connected lab;
  lab.say(lab.websocket, "4hello");
  lab.say(lab.websocket, "\1\2\3\4", MessageKind::Binary);
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4hello", "#01020304"));
}

TEST(EngineWebSocket, OfVersion3MarksBinaryMessages) {
  Connected lab{kWebSocketV3};
  lab.say(lab.websocket, "4hello");
  lab.say(lab.websocket, "\4\1\2\3\4", MessageKind::Binary);
  EXPECT_THAT(lab.log, ElementsAre("opened", "hello", "01020304"));
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4hello", "#0401020304"));
}

TEST(EngineWebSocket, SpeaksBase64ToThoseWhoAsk) {
  Connected lab{"EIO=4&transport=websocket&b64=1"};
  lab.say(lab.websocket, "bAQI=");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("bAQI="));
}

TEST(EngineWebSocket, ClosesUponAnInvalidPacket) {
  for (const char* text : {"abc", "", "7", "4\xff", "2", "b*"}) {
    Connected lab;
    lab.say(lab.websocket, text);
    EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("close 1002")) << text;
    EXPECT_THAT(lab.log, ElementsAre("opened", "closed")) << text;
    lab.say(lab.websocket, "4late");
    lab.hang_up(lab.websocket);
    EXPECT_THAT(lab.heard(lab.websocket), IsEmpty());
  }
}

TEST(EngineWebSocket, OfVersion3ClosesUponAnInvalidPacket) {
  Connected lab{kWebSocketV3};
  lab.say(lab.websocket, "\1\2", MessageKind::Binary);
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("close 1002"));
}

TEST(EngineWebSocket, LetsTheClientClose) {
  Connected lab;
  lab.say(lab.websocket, "1");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("close 1000"));
  EXPECT_EQ(lab.engine.session_count(), 0U);
}

TEST(EngineWebSocket, ReportsALostConnectionOnce) {
  Connected lab;
  lab.hang_up(lab.websocket);
  lab.hang_up(lab.websocket);
  EXPECT_THAT(lab.log, ElementsAre("opened", "closed"));
  EXPECT_THAT(lab.heard(lab.websocket), IsEmpty());
}

TEST(EngineWebSocket, IgnoresPacketsThatAskForNothing) {
  Connected lab;
  for (const char* text : {"0", "5", "6"}) lab.say(lab.websocket, text);
  lab.say(lab.websocket, "4hello");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4hello"));
}

TEST(EngineWebSocket, IsClosedByTheApplicationAfterItsLastWords) {
  Connected lab;
  lab.application = [&](const EngineEvent& event) {
    lab.log.push_back(Lab::name(event));
    lab.engine.send(lab.now, event.session, MessageKind::Text, "bye");
    lab.engine.close(lab.now, event.session);
    lab.engine.send(lab.now, event.session, MessageKind::Text, "too late");
    lab.engine.close(lab.now, event.session);
  };
  lab.say(lab.websocket, "4go");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4bye", "close 1000"));
  EXPECT_THAT(lab.log, ElementsAre("opened", "go"));
}

TEST(EngineWebSocket, IsPausedAndResumed) {
  Connected lab;
  SessionId session{};
  lab.application = [&](const EngineEvent& event) { session = event.session; };
  lab.say(lab.websocket, "4a");
  lab.engine.pause(lab.now, session);
  lab.engine.pause(lab.now, session);
  lab.settle();
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("pause"));
  lab.engine.resume(lab.now, session);
  lab.engine.resume(lab.now, session);
  lab.settle();
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("resume"));
}

struct Upgrading : Lab {
  explicit Upgrading(bool is_v3 = false)
      : poll{is_v3 ? kPollingV3 : kPolling},
        sid{open_polling(poll)},
        websocket_query{with_sid(is_v3 ? kWebSocketV3 : kWebSocket, sid)} {
    poll = with_sid(poll, sid);
    websocket = connect(websocket_query);
  }

  std::string poll;
  std::string sid;
  std::string websocket_query;
  int websocket = 0;
};

TEST(EngineUpgrade, MovesASessionToItsWebSocket) {
  Upgrading lab;
  EXPECT_EQ(lab.engine.session_count(EngineVersion::V4, Transport::Polling), 1U);
  lab.say(lab.websocket, "2probe");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("3probe"));
  EXPECT_EQ(lab.ask(lab.poll), "200 6");
  lab.say(lab.websocket, "5");
  lab.say(lab.websocket, "4hello");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4hello"));
  EXPECT_THAT(lab.log, ElementsAre("opened", "hello"));
  EXPECT_EQ(lab.engine.counters().upgraded, 1U);
  EXPECT_EQ(lab.engine.session_count(EngineVersion::V4, Transport::Polling), 0U);
  EXPECT_EQ(lab.engine.session_count(EngineVersion::V4, Transport::WebSocket), 1U);
  EXPECT_EQ(lab.engine.session_count(), 1U);
}

TEST(EngineUpgrade, OfVersion3MovesASessionToo) {
  Upgrading lab{true};
  lab.say(lab.websocket, "2probe");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("3probe"));
  EXPECT_EQ(lab.ask(lab.poll), "200 1:6");
  lab.say(lab.websocket, "5");
  lab.say(lab.websocket, "4hello");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4hello"));
}

TEST(EngineUpgrade, LetsAPollGoThatWaits) {
  Upgrading lab;
  const int poll = lab.get(lab.poll);
  EXPECT_EQ(lab.answer(poll), "waits");
  lab.say(lab.websocket, "2probe");
  EXPECT_EQ(lab.answer(poll), "200 6");
}

TEST(EngineUpgrade, EndsLongPolling) {
  Upgrading lab;
  lab.say(lab.websocket, "2probe");
  lab.say(lab.websocket, "5");
  EXPECT_EQ(lab.ask(lab.poll), kBadRequest);
  EXPECT_EQ(lab.tell(lab.poll, "4hello"), kBadRequest);
  lab.heard(lab.websocket);
  lab.say(lab.websocket, "4hello");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4hello"));
}

TEST(EngineUpgrade, ClosesASecondWebSocketAndKeepsTheFirst) {
  Upgrading lab;
  const int early = lab.connect(lab.websocket_query);
  EXPECT_THAT(lab.heard(early), ElementsAre("close 1000"));
  lab.say(lab.websocket, "2probe");
  lab.say(lab.websocket, "5");
  const int late = lab.connect(lab.websocket_query);
  EXPECT_THAT(lab.heard(late), ElementsAre("close 1000"));
  lab.hang_up(early);
  lab.say(late, "4not me");
  lab.heard(lab.websocket);
  lab.say(lab.websocket, "4hello");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("4hello"));
}

TEST(EngineUpgrade, TakesAlongWhatNoPollFetched) {
  Upgrading lab;
  lab.tell(lab.poll,
           "4one\x1e"
           "bAQI=");
  lab.say(lab.websocket, "2probe");
  lab.say(lab.websocket, "5");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("3probe", "4one", "#0102"));
}

TEST(EngineUpgrade, AnswersWhatStillWaits) {
  Upgrading lab;
  lab.application = [&](const EngineEvent& event) { lab.engine.pause(lab.now, event.session); };
  const int post = lab.post(lab.poll, "4a");
  const int poll = lab.get(lab.poll);
  lab.say(lab.websocket, "5");
  EXPECT_EQ(lab.answer(post), "200 ok");
  EXPECT_EQ(lab.answer(poll), "200 6");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("pause"));  // it is still to be left unread
}

TEST(EngineUpgrade, FailsAloneUponAnythingButAProbe) {
  for (const char* text : {"4hello", "2", "2probes", "abc", "3probe", "\xff"}) {
    Upgrading lab;
    lab.say(lab.websocket, text);
    EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("close 1002")) << text;
    EXPECT_EQ(lab.tell(lab.poll, "4hello"), "200 ok");
    EXPECT_EQ(lab.ask(lab.poll), "200 4hello");
  }
}

TEST(EngineUpgrade, FailsAloneWhenItsWebSocketIsLost) {
  Upgrading lab;
  lab.say(lab.websocket, "2probe");
  lab.hang_up(lab.websocket);
  EXPECT_EQ(lab.answer(lab.get(lab.poll)), "waits");
  EXPECT_NE(lab.connect(lab.websocket_query), 0);  // and may be tried again
}

TEST(EngineUpgrade, FailsAloneWhenItStaysHalfOpen) {
  Upgrading lab;
  lab.wait(9999ms);
  EXPECT_THAT(lab.heard(lab.websocket), IsEmpty());
  lab.wait(1ms);
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("close 1008"));
  EXPECT_EQ(lab.engine.session_count(), 1U);
}

TEST(EngineUpgrade, EndsWithItsSession) {
  Upgrading lab;
  lab.tell(lab.poll, "1");
  EXPECT_THAT(lab.heard(lab.websocket), ElementsAre("close 1000"));
}

}  // namespace
}  // namespace duet::socketio
