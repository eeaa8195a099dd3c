// SPDX-License-Identifier: MIT
// Socket.IO over Engine.IO: namespaces, events, attachments, and who is read slower.
#include <duet/base/bytes.hpp>
#include <duet/socketio/server.hpp>
#include <duet/socketio/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duet::socketio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::StartsWith;

const std::string kConnectRegex = R"(\{"sid":"[A-Za-z0-9_-]{24}"\})";

/// The application of the published suite: says `auth`, sends back what it is sent.
struct Site : Lab {
  explicit Site(ServerConfig config = {}, EngineConfig engine_config = {})
      : Lab{engine_config}, server{with_custom(std::move(config)), random} {
    application = [this](const EngineEvent& event) {
      server.handle_engine_event(now, engine, event);
      react();
    };
    also_next = [this] { return server.next_timeout(); };
    also_timeout = [this] {
      server.handle_timeout(now, engine);
      react();
    };
  }

  static ServerConfig with_custom(ServerConfig config) {
    config.namespaces = {"/", "/custom"};
    return config;
  }

  void react() {
    while (const auto event = server.poll_event()) answer_event(*event);
  }

  void answer_event(const Event& event) {
    last = event.socket;
    switch (event.type) {
      case Event::Type::Connected: {
        log.push_back("connected " + std::string{event.nsp});
        const std::string_view auth = event.arguments.empty() ? "{}" : event.arguments;
        return server.send_event(now, engine, event.socket,
                                 R"(["auth",)" + std::string{auth} + "]");
      }
      case Event::Type::Disconnected:
        log.emplace_back("disconnected");
        return;
      case Event::Type::Received:
        break;
    }
    log.push_back(std::string{event.name} + "|" + std::string{event.arguments});
    for (const Blob& blob : event.attachments) log.push_back("#" + hex(as_text(blob)));
    const std::string arguments{event.arguments};
    if (event.ack) {
      return server.send_ack(now, engine, event.socket, *event.ack, "[" + arguments + "]",
                             event.attachments);
    }
    server.send_event(now, engine, event.socket,
                      R"(["message-back")" + (arguments.empty() ? "" : "," + arguments) + "]",
                      event.attachments);
  }

  /// A client in "/", greeted.
  int join(const char* query = kWebSocket) {
    const int websocket = connect(query);
    if (std::string_view{query}.starts_with("EIO=4")) say(websocket, "40");
    heard(websocket);
    log.clear();
    return websocket;
  }

  Server server;
  SocketId last{};
};

TEST(SocketIo, ConnectsToTheMainNamespace) {
  Site site;
  const int websocket = site.connect(kWebSocket);
  site.heard(websocket);
  site.say(websocket, "40");
  EXPECT_THAT(site.heard(websocket),
              ElementsAre(MatchesRegex("40" + kConnectRegex), R"(42["auth",{}])"));
  EXPECT_EQ(site.server.socket_count(), 1U);
}

TEST(SocketIo, ConnectsWithAPayload) {
  Site site;
  const int websocket = site.connect(kWebSocket);
  site.heard(websocket);
  site.say(websocket, R"(40{"token":"123"})");
  site.say(websocket, R"(40/custom,{"token":"abc"})");
  EXPECT_THAT(site.heard(websocket),
              ElementsAre(MatchesRegex("40" + kConnectRegex), R"(42["auth",{"token":"123"}])",
                          MatchesRegex("40/custom," + kConnectRegex),
                          R"(42/custom,["auth",{"token":"abc"}])"));
}

TEST(SocketIo, ToldAnUnknownNamespaceSaysSo) {
  Site site;
  const int websocket = site.connect(kWebSocket);
  site.heard(websocket);
  site.say(websocket, "40/random");
  EXPECT_THAT(site.heard(websocket), ElementsAre(R"(44/random,{"message":"Invalid namespace"})"));
  EXPECT_EQ(site.server.counters().unknown_namespace, 1U);
}

TEST(SocketIo, DisconnectsFromANamespaceAndKeepsTheConnection) {
  Site site{{}, fast()};
  const int websocket = site.join();
  site.say(websocket, "41");
  EXPECT_THAT(site.log, ElementsAre("disconnected"));
  site.wait(300ms);
  EXPECT_THAT(site.heard(websocket), ElementsAre("2"));
}

TEST(SocketIo, DisconnectsFromOneNamespaceOnly) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, "40/custom");
  site.heard(websocket);
  site.say(websocket, "41/custom");
  site.say(websocket, R"(42["message","message to main namespace"])");
  EXPECT_THAT(site.heard(websocket),
              ElementsAre(R"(42["message-back","message to main namespace"])"));
}

TEST(SocketIo, SendsEventsBackAsTheyWere) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, R"(42["message",1,"2",{"3":[true]}])");
  EXPECT_THAT(site.heard(websocket), ElementsAre(R"(42["message-back",1,"2",{"3":[true]}])"));
  EXPECT_THAT(site.log, ElementsAre(R"(message|1,"2",{"3":[true]})"));
}

TEST(SocketIo, Acknowledges) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, R"(42456["message-with-ack",1,"2",{"3":[false]}])");
  EXPECT_THAT(site.heard(websocket), ElementsAre(R"(43456[1,"2",{"3":[false]}])"));
}

TEST(SocketIo, GathersAttachments) {
  Site site;
  const int websocket = site.join();
  site.say(websocket,
           R"(452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  site.say(websocket, "\1\2\3", MessageKind::Binary);
  EXPECT_THAT(site.log, IsEmpty());
  site.say(websocket, "\4\5\6", MessageKind::Binary);
  EXPECT_THAT(
      site.heard(websocket),
      ElementsAre(
          R"(452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
          "#010203", "#040506"));
}

TEST(SocketIo, AcknowledgesWithAttachments) {
  Site site;
  const int websocket = site.join();
  site.say(
      websocket,
      R"(452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  site.say(websocket, "\1\2\3", MessageKind::Binary);
  site.say(websocket, "\4\5\6", MessageKind::Binary);
  EXPECT_THAT(site.heard(websocket),
              ElementsAre(R"(462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
                          "#010203", "#040506"));
}

TEST(SocketIo, KeepsAnEscapedNameUntilItIsRead) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, R"(42["a\u0062c",1])");
  EXPECT_THAT(site.log, ElementsAre("abc|1"));
}

TEST(SocketIo, ClosesTheConnectionUponWhatIsNoPacket) {
  const std::vector<const char*> bad = {"4abc",
                                        "42{}",
                                        R"(42abc["message-with-ack",1])",
                                        "42",
                                        "42[]",
                                        "42[null]",
                                        R"(42["connect"])",
                                        R"(42["disconnect",1])",
                                        R"(42["a",])",
                                        "47",
                                        "4",
                                        "40[]",
                                        "40{",
                                        "40",
                                        R"(44{"message":"x"})",
                                        "41{}",
                                        "43",
                                        "431{}",
                                        R"(45["a"])",
                                        R"(450-["a"])",
                                        R"(4565-["a"])",
                                        R"(451-["a",{"_placeholder":true,"num":1}])",
                                        R"(42/custom,["a"])",
                                        "41/custom",
                                        R"(451-/custom,["a"])",
                                        "bAQI="};
  for (const char* text : bad) {
    Site site;
    const int websocket = site.join();
    site.say(websocket, text);
    if (std::string_view{text}.starts_with("451-/custom")) {
      site.say(websocket, "x", MessageKind::Binary);
    }
    EXPECT_THAT(site.heard(websocket), ElementsAre("close 1002")) << text;
    EXPECT_THAT(site.log, ElementsAre("disconnected")) << text;
    EXPECT_EQ(site.server.counters().parse_errors, 1U) << text;
    EXPECT_EQ(site.server.socket_count(), 0U) << text;
  }
}

TEST(SocketIo, OverPollingAnswersWith400UponWhatIsNoPacket) {
  Site site;
  const std::string at = with_sid(kPolling, site.open_polling(kPolling));
  EXPECT_EQ(site.tell(at, "40"), "200 ok");
  EXPECT_THAT(site.ask(at), MatchesRegex("200 40" + kConnectRegex +
                                         "\x1e"
                                         R"(42\["auth",\{\}\])"));
  EXPECT_EQ(site.tell(at, "42{}"), kBadRequest);
  EXPECT_EQ(site.ask(at), kUnknownSid);
}

TEST(SocketIo, RefusesDeepNestingWithoutHarm) {
  Site site;
  const int websocket = site.join();
  const int other = site.join();
  site.say(websocket,
           "42[\"message\"," + std::string(10'000, '[') + std::string(10'000, ']') + "]");
  EXPECT_THAT(site.heard(websocket), ElementsAre("close 1002"));
  site.say(other, R"(42["message"])");
  EXPECT_THAT(site.heard(other), ElementsAre(R"(42["message-back"])"));
}

TEST(SocketIo, RefusesTextAmongAttachments) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, R"(452-["message"])");
  site.say(websocket, "x", MessageKind::Binary);
  site.say(websocket, R"(42["message"])");
  EXPECT_THAT(site.heard(websocket), ElementsAre("close 1002"));
}

TEST(SocketIo, RefusesTooManyBytesOfAttachments) {
  ServerConfig config;
  config.max_attachment_bytes = 10;
  Site site{config};
  const int websocket = site.join();
  site.say(websocket, R"(453-["message"])");
  site.say(websocket, "12345", MessageKind::Binary);
  site.say(websocket, "67890", MessageKind::Binary);
  EXPECT_THAT(site.heard(websocket), IsEmpty());
  site.say(websocket, "1", MessageKind::Binary);
  EXPECT_THAT(site.heard(websocket), ElementsAre("close 1002"));
}

TEST(SocketIo, ForgetsHalfAPacketWithItsSession) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, R"(452-["message"])");
  site.hang_up(websocket);
  EXPECT_THAT(site.log, ElementsAre("disconnected"));
}

TEST(SocketIo, IgnoresAcknowledgementsNobodyAskedFor) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, "4317[1]");
  site.say(websocket, R"(461-17[{"_placeholder":true,"num":0}])");
  site.say(websocket, "x", MessageKind::Binary);
  site.say(websocket, R"(42["message"])");
  EXPECT_THAT(site.heard(websocket), ElementsAre(R"(42["message-back"])"));
}

TEST(SocketIo, ClosesASessionThatEntersNoNamespace) {
  ServerConfig config;
  config.connect_timeout = 1s;
  Site site{config};
  const int silent = site.connect(kWebSocket);
  const int lost = site.connect(kWebSocket);
  const int present = site.join();
  site.say(lost, "40/random");
  site.heard(silent);
  site.heard(lost);
  site.wait(999ms);
  EXPECT_THAT(site.heard(silent), IsEmpty());
  site.wait(1ms);
  EXPECT_THAT(site.heard(silent), ElementsAre("close 1000"));
  EXPECT_THAT(site.heard(lost), ElementsAre("close 1000"));
  EXPECT_THAT(site.heard(present), IsEmpty());
  EXPECT_EQ(site.server.counters().connect_timeouts, 2U);
}

TEST(SocketIo, ReportsEverySocketOfALostSession) {
  Site site;
  const int websocket = site.join();
  site.say(websocket, "40/custom");
  site.log.clear();
  site.hang_up(websocket);
  EXPECT_THAT(site.log, ElementsAre("disconnected", "disconnected"));
  EXPECT_EQ(site.server.socket_count(), 0U);
  EXPECT_EQ(site.server.session_of(site.last), std::nullopt);
}

TEST(SocketIo, DisconnectsWhomTheApplicationDisconnects) {
  Site site;
  const int websocket = site.join();
  const SocketId main = site.last;
  site.say(websocket, "40/custom");
  const SocketId custom = site.last;
  site.heard(websocket);
  site.log.clear();
  EXPECT_EQ(site.server.session_of(main), site.server.session_of(custom));
  site.server.disconnect(site.now, site.engine, main);
  site.server.disconnect(site.now, site.engine, main);
  site.server.send_event(site.now, site.engine, main, R"(["late"])");
  site.server.disconnect(site.now, site.engine, custom);
  site.settle();
  EXPECT_THAT(site.heard(websocket), ElementsAre("41", "41/custom,"));
  EXPECT_THAT(site.log, IsEmpty());
  EXPECT_EQ(site.server.socket_count(), 0U);
  site.say(websocket, "40");  // and may come again
  EXPECT_THAT(site.log, ElementsAre("connected /"));
}

TEST(SocketIo2, IsInTheMainNamespaceAtOnce) {
  Site site;
  const int websocket = site.connect(kWebSocketV3);
  EXPECT_THAT(site.heard(websocket), ElementsAre(StartsWith("0{"), "40", R"(42["auth",{}])"));
  EXPECT_THAT(site.log, ElementsAre("connected /"));
}

TEST(SocketIo2, OverPollingIsGreetedInTheFirstAnswer) {
  Site site;
  EXPECT_THAT(site.ask(kPollingV3), testing::EndsWith(R"(}2:4013:42["auth",{}])"));
}

TEST(SocketIo2, EntersNamespacesWithAQuery) {
  Site site;
  const int websocket = site.join(kWebSocketV3);
  site.say(websocket, "40/custom?token=1,");
  EXPECT_THAT(site.heard(websocket), ElementsAre("40/custom,", R"(42/custom,["auth",{}])"));
  site.say(websocket, R"(42/custom,7["message",1])");
  EXPECT_THAT(site.heard(websocket), ElementsAre("43/custom,7[1]"));
}

TEST(SocketIo2, ToldAnUnknownNamespaceSaysSoInItsWords) {
  Site site;
  const int websocket = site.join(kWebSocketV3);
  site.say(websocket, "40/random?a=b");
  EXPECT_THAT(site.heard(websocket), ElementsAre(R"(44/random,"Invalid namespace")"));
}

TEST(SocketIo2, IgnoresWhatIsSaidOutsideItsNamespaces) {
  Site site;
  const int websocket = site.join(kWebSocketV3);
  site.say(websocket, R"(42/custom,["message"])");
  site.say(websocket, "41/custom");
  site.say(websocket, "40");
  site.say(websocket, R"(42["message"])");
  EXPECT_THAT(site.heard(websocket), ElementsAre(R"(42["message-back"])"));
}

TEST(SocketIo2, CarriesAttachments) {
  Site site;
  const int websocket = site.join(kWebSocketV3);
  site.say(websocket, R"(451-["message",{"_placeholder":true,"num":0}])");
  site.say(websocket, "\4\1\2", MessageKind::Binary);
  EXPECT_THAT(site.heard(websocket),
              ElementsAre(R"(451-["message-back",{"_placeholder":true,"num":0}])", "#040102"));
}

TEST(SocketIoThrottle, ReadsSlowerWhoSendsFaster) {
  ServerConfig config;
  config.packets_per_second = 100;
  config.packet_burst = 50;
  Site site{config};
  const int websocket = site.join();  // one packet
  for (int i = 0; i < 49; ++i) site.say(websocket, R"(42["message"])");
  EXPECT_EQ(site.heard(websocket).size(), 49U);
  site.say(websocket, R"(42["message"])");
  site.say(websocket, R"(42["message"])");  // had been read already
  EXPECT_THAT(site.heard(websocket), testing::Contains("pause").Times(1));
  site.wait(100ms);
  EXPECT_THAT(site.heard(websocket), IsEmpty());
  site.wait(25ms);  // two packets too many, and a tenth of a second's
  EXPECT_THAT(site.heard(websocket), ElementsAre("resume"));
  EXPECT_EQ(site.server.counters().throttled, 1U);
}

TEST(SocketIoThrottle, LosesNothingAndKeepsTheRate) {
  ServerConfig config;
  config.packets_per_second = 100;
  config.packet_burst = 100;
  Site site{config};
  const int websocket = site.join();
  bool paused = false;
  int sent = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    for (int i = 0; i < 5 && !paused; ++i) {
      site.say(websocket, R"(42["message"])");
      ++sent;
      for (const std::string& frame : site.heard(websocket)) paused |= frame == "pause";
    }
    site.wait(1ms);
    for (const std::string& frame : site.heard(websocket)) paused &= frame != "resume";
  }
  EXPECT_EQ(site.log.size(), static_cast<std::size_t>(sent));
  EXPECT_NEAR(sent, 1100, 30);
  EXPECT_EQ(site.engine.session_count(), 1U);
}

TEST(SocketIoThrottle, WithholdsAPostsAnswer) {
  ServerConfig config;
  config.packets_per_second = 10;
  config.packet_burst = 5;
  Site site{config};
  const std::string at = with_sid(kPolling, site.open_polling(kPolling));
  site.tell(at, "40");
  std::string body = R"(42["a"])";
  for (int i = 0; i < 9; ++i)
    body +=
        "\x1e"
        R"(42["a"])";
  const int post = site.post(at, body);
  EXPECT_EQ(site.answer(post), "waits");
  EXPECT_EQ(site.log.size(), 11U);
  site.wait(1s);
  EXPECT_EQ(site.answer(post), "200 ok");
}

TEST(SocketIoThrottle, ComposesWithTheApplicationsPause) {
  ServerConfig config;
  config.packets_per_second = 10;
  config.packet_burst = 1;
  Site site{config};
  const int websocket = site.join();
  site.say(websocket, R"(42["message"])");
  EXPECT_THAT(site.heard(websocket), ElementsAre("pause", R"(42["message-back"])"));
  site.server.pause(site.now, site.engine, site.last);
  site.wait(10s);
  EXPECT_THAT(site.heard(websocket), IsEmpty());
  site.server.resume(site.now, site.engine, site.last);
  site.settle();
  EXPECT_THAT(site.heard(websocket), ElementsAre("resume"));
}

TEST(SocketIoThrottle, LetsGoOfASessionWhosePausedSocketLeft) {
  Site site;
  const int websocket = site.join();
  const SocketId main = site.last;
  site.say(websocket, "40/custom");
  site.heard(websocket);
  site.server.pause(site.now, site.engine, main);
  site.server.pause(site.now, site.engine, site.last);
  site.settle();
  EXPECT_THAT(site.heard(websocket), ElementsAre("pause"));
  site.server.disconnect(site.now, site.engine, main);
  site.settle();
  EXPECT_THAT(site.heard(websocket), ElementsAre("41"));
  site.say(websocket, "41/custom");
  EXPECT_THAT(site.heard(websocket), ElementsAre("resume"));
}

TEST(SocketIoThrottle, CanBeOff) {
  ServerConfig config;
  config.packets_per_second.reset();
  Site site{config};
  const int websocket = site.join();
  for (int i = 0; i < 10'000; ++i) site.say(websocket, R"(42["message"])");
  EXPECT_EQ(site.heard(websocket).size(), 10'000U);
}

}  // namespace
}  // namespace duet::socketio
