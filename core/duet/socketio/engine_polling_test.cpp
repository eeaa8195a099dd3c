// SPDX-License-Identifier: MIT
// Sessions over long-polling: the published suites' claims, and what they leave out.
#include <duet/socketio/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::socketio {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

/// A session with an open poll address.
struct Polled : Lab {
  explicit Polled(const char* query = kPolling, EngineConfig config = {})
      : Lab{config}, sid{open_polling(query)}, at{with_sid(query, sid)} {}

  std::string sid;
  std::string at;
};

TEST(EnginePolling, EchoesOneMessage) {
  Polled lab;
  EXPECT_EQ(lab.tell(lab.at, "4hello"), "200 ok");
  EXPECT_EQ(lab.ask(lab.at), "200 4hello");
}

TEST(EnginePolling, GathersWhatCameTogetherIntoOneAnswer) {
  Polled lab;
  EXPECT_EQ(lab.tell(lab.at,
                     "4test1\x1e"
                     "4test2\x1e"
                     "4test3"),
            "200 ok");
  EXPECT_EQ(lab.ask(lab.at),
            "200 4test1\x1e"
            "4test2\x1e"
            "4test3");
}

TEST(EnginePolling, EchoesTextAndBinary) {
  Polled lab;
  EXPECT_EQ(lab.tell(lab.at,
                     "4hello\x1e"
                     "bAQIDBA=="),
            "200 ok");
  EXPECT_EQ(lab.ask(lab.at),
            "200 4hello\x1e"
            "bAQIDBA==");
}

TEST(EnginePolling, OfVersion3EchoesPayloads) {
  Polled lab{"EIO=3&transport=polling&b64=1"};
  EXPECT_EQ(lab.tell(lab.at, "6:4test16:4test26:4test3"), "200 ok");
  EXPECT_EQ(lab.ask(lab.at), "200 6:4test16:4test26:4test3");
  EXPECT_EQ(lab.tell(lab.at, "6:4hello10:b4AQIDBA=="), "200 ok");
  EXPECT_EQ(lab.ask(lab.at), "200 6:4hello10:b4AQIDBA==");
}

TEST(EnginePolling, OfVersion3AnswersInBytesWhoDidNotAskForBase64) {
  Polled lab{kPollingV3};
  EXPECT_EQ(lab.tell(lab.at, "6:4hello10:b4AQIDBA=="), "200 ok");
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.answer(poll),
            "200 \0\6\xff"
            "4hello"
            "\1\5\xff\4\1\2\3\4"s);
  EXPECT_EQ(lab.media_types[poll], "application/octet-stream");
}

TEST(EnginePolling, OfVersion3TakesBytes) {
  Polled lab{kPollingV3};
  EXPECT_EQ(lab.answer(lab.request("POST", lab.at,
                                   "\0\6\xff"
                                   "4hello"
                                   "\1\3\xff\4\1\2"s,
                                   "Application/Octet-Stream; q=1")),
            "200 ok");
  EXPECT_THAT(lab.log, ElementsAre("opened", "hello", "0102"));
}

TEST(EnginePolling, AnswersAPollThatWaitsWhenThereIsSomethingToSay) {
  Polled lab;
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.answer(poll), "waits");
  EXPECT_EQ(lab.tell(lab.at, "4hello"), "200 ok");
  EXPECT_EQ(lab.answer(poll), "200 4hello");
}

TEST(EnginePolling, AnswersTheHandshakeTogetherWithWhatTheApplicationSaysAtOnce) {
  Lab lab;
  lab.application = [&](const EngineEvent& event) {
    if (event.type == EngineEvent::Type::Opened) {
      lab.engine.send(lab.now, event.session, MessageKind::Text, "0");
    }
  };
  EXPECT_THAT(lab.ask(kPollingV3), testing::EndsWith("}2:40"));
}

TEST(EnginePolling, ClosesTheSessionUponAnInvalidPacket) {
  for (const char* body : {"abc", "", "4a\x1e", "b*", "4\xff", "2", "9"}) {
    Polled lab;
    EXPECT_EQ(lab.tell(lab.at, body), kBadRequest) << body;
    EXPECT_EQ(lab.ask(lab.at), kUnknownSid) << body;
    EXPECT_THAT(lab.log, ElementsAre("opened", "closed")) << body;
    EXPECT_EQ(lab.engine.counters().parse_errors, 1U);
  }
}

TEST(EnginePolling, OfVersion3ClosesTheSessionUponAnInvalidPacket) {
  for (const char* body : {"abc", "3:abc", "1:3", "9:4"}) {
    Polled lab{kPollingV3};
    EXPECT_EQ(lab.tell(lab.at, body), kBadRequest) << body;
    EXPECT_EQ(lab.ask(lab.at), kUnknownSid) << body;
  }
}

TEST(EnginePolling, ClosesTheSessionUponABinaryPostOfVersion4) {
  Polled lab;
  EXPECT_EQ(lab.answer(lab.request("POST", lab.at, "4hello", "application/octet-stream")),
            kBadRequest);
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

TEST(EnginePolling, RefusesAnOversizePostAndGoesOn) {
  Polled lab;
  EXPECT_EQ(lab.tell(lab.at, "4" + std::string(999'999, 'x')), "200 ok");
  EXPECT_TRUE(lab.tell(lab.at, "4" + std::string(1'000'000, 'x')).starts_with("413 "));
  lab.get(lab.at);  // what the echo has made of the first
  EXPECT_EQ(lab.tell(lab.at, "4small"), "200 ok");
}

TEST(EnginePolling, ClosesTheSessionUponTwoPolls) {
  Polled lab;
  const int first = lab.get(lab.at);
  const int second = lab.get(lab.at);
  EXPECT_EQ(lab.answer(first), "200 1");
  EXPECT_EQ(lab.answer(second), kBadRequest);
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
  EXPECT_THAT(lab.log, ElementsAre("opened", "closed"));
}

TEST(EnginePolling, ClosesTheSessionUponTwoPosts) {
  Polled lab;
  lab.application = [&](const EngineEvent& event) { lab.engine.pause(lab.now, event.session); };
  const int first = lab.post(lab.at, "4a");
  EXPECT_EQ(lab.answer(first), "waits");
  EXPECT_EQ(lab.tell(lab.at, "4b"), kBadRequest);
  EXPECT_EQ(lab.answer(first), kBadRequest);
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

TEST(EnginePolling, ClosesTheSessionWhenAPollIsAborted) {
  Polled lab;
  lab.abort(lab.get(lab.at));
  EXPECT_THAT(lab.log, ElementsAre("opened", "closed"));
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

TEST(EnginePolling, ForgetsTheAbortOfWhatWasAnswered) {
  Polled lab;
  lab.abort(lab.post(lab.at, "4hello"));
  lab.abort(4711);
  EXPECT_EQ(lab.ask(lab.at), "200 4hello");
}

TEST(EnginePolling, ClosesTheSessionWhenAPostThatWaitsIsAborted) {
  Polled lab;
  lab.application = [&](const EngineEvent& event) { lab.engine.pause(lab.now, event.session); };
  const int poll = lab.get(lab.at);
  lab.abort(lab.post(lab.at, "4a"));
  EXPECT_EQ(lab.answer(poll), "200 1");
  EXPECT_EQ(lab.engine.session_count(), 0U);
}

TEST(EnginePolling, LetsTheClientClose) {
  Polled lab;
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.tell(lab.at, "1"), "200 ok");
  EXPECT_EQ(lab.answer(poll), "200 6");
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

TEST(EnginePolling, OfVersion3LetsTheClientClose) {
  Polled lab{kPollingV3};
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.tell(lab.at, "1:1"), "200 ok");
  EXPECT_EQ(lab.answer(poll), "200 1:6");
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

TEST(EnginePolling, HearsWhatWasSaidBeforeTheClose) {
  Polled lab;
  EXPECT_EQ(lab.tell(lab.at,
                     "4last words\x1e"
                     "1\x1e"
                     "4from beyond"),
            "200 ok");
  EXPECT_THAT(lab.log, ElementsAre("opened", "last words", "closed"));
}

TEST(EnginePolling, RefusesOtherMethodsAndGoesOn) {
  Polled lab;
  EXPECT_EQ(lab.answer(lab.request("PUT", lab.at)), kBadRequest);
  EXPECT_EQ(lab.answer(lab.request("DELETE", lab.at)), kBadRequest);
  EXPECT_EQ(lab.tell(lab.at, "4hello"), "200 ok");
}

TEST(EnginePolling, WithholdsTheAnswerOfAPausedSessionsPost) {
  Polled lab;
  SessionId session{};
  lab.application = [&](const EngineEvent& event) {
    session = event.session;
    lab.engine.pause(lab.now, session);
  };
  const int post = lab.post(lab.at, "4a");
  EXPECT_EQ(lab.answer(post), "waits");
  lab.engine.resume(lab.now, session);
  lab.settle();
  EXPECT_EQ(lab.answer(post), "200 ok");
}

TEST(EnginePolling, TellsAPollThatWaitsWhenTheApplicationCloses) {
  Polled lab;
  lab.application = [&](const EngineEvent& event) {
    lab.engine.send(lab.now, event.session, MessageKind::Text, "bye");
    lab.engine.close(lab.now, event.session);
  };
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.tell(lab.at, "4go"), "200 ok");
  EXPECT_EQ(lab.answer(poll),
            "200 4bye\x1e"
            "1");
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

TEST(EnginePolling, TellsTheNextPollThatTheApplicationClosed) {
  Polled lab;
  lab.application = [&](const EngineEvent& event) {
    lab.log.push_back(Lab::name(event));
    lab.engine.send(lab.now, event.session, MessageKind::Text, "bye");
    lab.engine.close(lab.now, event.session);
  };
  lab.log.clear();
  EXPECT_EQ(lab.tell(lab.at,
                     "4go\x1e"
                     "4not heard any more"),
            "200 ok");
  EXPECT_EQ(lab.engine.session_count(), 0U);
  EXPECT_EQ(lab.tell(lab.at, "4nobody listens"), "200 ok");
  EXPECT_EQ(lab.ask(lab.at),
            "200 4bye\x1e"
            "1");
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
  EXPECT_THAT(lab.log, ElementsAre("go"));
}

TEST(EnginePolling, ForgetsWhatTheApplicationClosedAfterAWhile) {
  Polled lab;
  lab.application = [&](const EngineEvent& event) { lab.engine.close(lab.now, event.session); };
  lab.tell(lab.at, "4go");
  lab.wait(10s);
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

TEST(EnginePolling, AnswersWith400WhenTheApplicationFindsAnError) {
  Polled lab;
  lab.application = [&](const EngineEvent& event) {
    lab.engine.close_for_error(lab.now, event.session);
  };
  const int poll = lab.get(lab.at);
  EXPECT_EQ(lab.tell(lab.at, "4go"), kBadRequest);
  EXPECT_EQ(lab.answer(poll), "200 1");
  EXPECT_EQ(lab.ask(lab.at), kUnknownSid);
}

}  // namespace
}  // namespace duet::socketio
