// SPDX-License-Identifier: MIT
// Who is let in, with which words, and who is not.
#include <duet/socketio/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::socketio {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

TEST(EngineHandshake, OverPollingOffersTheUpgrade) {
  Lab lab{fast()};
  const int request = lab.get(kPolling);
  EXPECT_THAT(lab.answer(request),
              MatchesRegex(R"(200 0\{"sid":"[A-Za-z0-9_-]{24}","upgrades":\["websocket"\],)"
                           R"("pingInterval":300,"pingTimeout":200,"maxPayload":1000000\})"));
  EXPECT_EQ(lab.media_types[request], "text/plain; charset=UTF-8");
  EXPECT_THAT(lab.log, ElementsAre("opened"));
}

TEST(EngineHandshake, OverWebSocketOffersNone) {
  Lab lab{fast()};
  const int websocket = lab.connect(kWebSocket);
  EXPECT_THAT(lab.heard(websocket),
              ElementsAre(MatchesRegex(R"(0\{"sid":"[A-Za-z0-9_-]{24}","upgrades":\[\],)"
                                       R"("pingInterval":300,"pingTimeout":200,)"
                                       R"("maxPayload":1000000\})")));
}

TEST(EngineHandshake, OfVersion3OverPollingSaysItsLength) {
  Lab lab;
  EXPECT_THAT(lab.ask(kPollingV3), MatchesRegex(R"(200 12[0-9]:0\{"sid":.*\})"));
}

TEST(EngineHandshake, GivesEverySessionASidOfItsOwn) {
  Lab lab;
  EXPECT_NE(lab.open_polling(kPolling), lab.open_polling(kPolling));
}

TEST(EngineHandshake, RefusesUnknownTransports) {
  Lab lab;
  EXPECT_EQ(lab.ask("EIO=4"), kUnknownTransport);
  EXPECT_EQ(lab.ask("EIO=4&transport=abc"), kUnknownTransport);
  EXPECT_EQ(lab.ask("EIO=3&transport="), kUnknownTransport);
  EXPECT_EQ(lab.ask(""), kUnknownTransport);
  EXPECT_EQ(lab.connect("EIO=4&transport=abc"), 0);
  EXPECT_EQ(lab.engine.counters().refused, 5U);
}

TEST(EngineHandshake, RefusesOtherMethodsThanGet) {
  Lab lab;
  EXPECT_EQ(lab.tell(kPolling, ""), kBadMethod);
  EXPECT_EQ(lab.answer(lab.request("PUT", kPolling)), kBadMethod);
  EXPECT_EQ(lab.answer(lab.request("HEAD", kPolling)), kBadMethod);
}

TEST(EngineHandshake, RefusesOtherVersionsThan3And4) {
  Lab lab;
  for (const char* version : {"", "EIO=&", "EIO=abc&", "EIO=2&", "EIO=5&", "EIO=44&", "eio=4&"}) {
    EXPECT_EQ(lab.ask(std::string{version} + "transport=polling"), kUnsupported) << version;
    EXPECT_EQ(lab.connect(std::string{version} + "transport=websocket"), 0) << version;
  }
  EXPECT_EQ(lab.engine.session_count(), 0U);
}

TEST(EngineHandshake, RefusesUnknownSids) {
  Lab lab;
  EXPECT_EQ(lab.ask(with_sid(kPolling, "abc")), kUnknownSid);
  EXPECT_EQ(lab.ask(with_sid(kPolling, "AAAAAAAAAAAAAAAAAAAAAAAA")), kUnknownSid);
  EXPECT_EQ(lab.tell(with_sid(kPolling, std::string(5000, 'A')), "4hello"), kUnknownSid);
  EXPECT_EQ(lab.connect(with_sid(kWebSocket, "abc")), 0);
  EXPECT_EQ(lab.refusal, to_json(EngineError::SessionIdUnknown));
}

TEST(EngineHandshake, RefusesASidOfTheOtherVersion) {
  Lab lab;
  const std::string sid = lab.open_polling(kPolling);
  EXPECT_EQ(lab.ask(with_sid(kPollingV3, sid)), kBadRequest);
  EXPECT_EQ(lab.ask(with_sid("transport=polling", sid)), kUnsupported);
  EXPECT_EQ(lab.engine.session_count(), 1U);
}

TEST(EngineHandshake, RefusesATransportThatTheRequestIsNot) {
  Lab lab;
  EXPECT_EQ(lab.ask(kWebSocket), kBadRequest);
  EXPECT_EQ(lab.connect(kPolling), 0);
  const std::string sid = lab.open_polling(kPolling);
  EXPECT_EQ(lab.ask(with_sid(kWebSocket, sid)), kBadRequest);
  EXPECT_EQ(lab.connect(with_sid(kPolling, sid)), 0);
}

TEST(EngineHandshake, UnderstandsPercentEncodingAndOtherParameters) {
  Lab lab;
  EXPECT_THAT(lab.ask("t=abc&&x&EIO=%34&transport=pol%6Cing&EIO=7"), testing::StartsWith("200 0"));
  EXPECT_EQ(lab.ask("EIO=%zz&transport=polling"), kUnsupported);
  EXPECT_EQ(lab.ask("EIO=4&transport=polling&j=0"), kBadRequest);
}

TEST(EngineHandshake, CountsWhomTheShellForbids) {
  Lab lab;
  lab.forbidden = true;
  EXPECT_EQ(lab.ask(kPolling), kForbidden);
  EXPECT_EQ(lab.connect(kWebSocket), 0);
  EXPECT_EQ(lab.refusal, to_json(EngineError::Forbidden));
  EXPECT_EQ(lab.engine.counters().refused, 2U);
  EXPECT_EQ(lab.engine.counters().refused_limit, 0U);
}

TEST(EngineHandshake, BoundsTheSessionsOfAnAddress) {
  EngineConfig config;
  config.sessions_per_address = 2;
  Lab lab{config};
  const std::string sid = lab.open_polling(kPolling);
  EXPECT_NE(lab.connect(kWebSocket), 0);
  EXPECT_EQ(lab.ask(kPolling), kForbidden);
  EXPECT_EQ(lab.connect(kWebSocket), 0);
  EXPECT_EQ(lab.refusal, to_json(EngineError::Forbidden));
  EXPECT_EQ(lab.engine.counters().refused_limit, 2U);

  EXPECT_EQ(lab.tell(with_sid(kPolling, sid), "1"), "200 ok");
  EXPECT_NE(lab.connect(kWebSocket), 0);  // a place is free again
  lab.source = IpAddress::v4({192, 0, 2, 2});
  EXPECT_NE(lab.connect(kWebSocket), 0);  // and others are others
}

TEST(EngineHandshake, CountsAnIpv6NetworkAsOneAddress) {
  EngineConfig config;
  config.sessions_per_address = 1;
  Lab lab{config};
  lab.source = *IpAddress::parse("2001:db8:1:2::1");
  EXPECT_NE(lab.connect(kWebSocket), 0);
  lab.source = *IpAddress::parse("2001:db8:1:2:ffff::2");
  EXPECT_EQ(lab.connect(kWebSocket), 0);
  lab.source = *IpAddress::parse("2001:db8:1:3::1");
  EXPECT_NE(lab.connect(kWebSocket), 0);
}

TEST(EngineHandshake, CountsNobodyWhoseAddressIsUnknown) {
  EngineConfig config;
  config.sessions_per_address = 1;
  Lab lab{config};
  lab.source = IpAddress{};
  EXPECT_NE(lab.connect(kWebSocket), 0);
  EXPECT_NE(lab.connect(kWebSocket), 0);
  const std::string sid = lab.open_polling(kPolling);
  EXPECT_EQ(lab.tell(with_sid(kPolling, sid), "1"), "200 ok");
}

TEST(EngineHandshake, WithoutALimitLetsEveryoneIn) {
  EngineConfig config;
  config.sessions_per_address.reset();
  Lab lab{config};
  for (int i = 0; i < 1000; ++i) ASSERT_NE(lab.connect(kWebSocket), 0);
  EXPECT_EQ(lab.engine.session_count(), 1000U);
}

}  // namespace
}  // namespace duet::socketio
