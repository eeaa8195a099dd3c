// SPDX-License-Identifier: MIT
// WebSockets over real sockets: upgrades, messages, and how they end.
#include <duet/http/http_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace duet::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(HttpServer, EchoesOverWebSocket) {
  const int client = connect();
  send(client, std::string{kUpgrade} + frame(0x81, "early"));
  const std::string answer = receive(client);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n\x81\x07welcome\x81\x05"
                                        "early"));
  EXPECT_EQ(service.sent, 12U);
  send(client, frame(0x89, "hi"));
  EXPECT_EQ(receive(client), "\x8A\x02hi");
  const std::string big(70'000, 'x');
  send(client, frame(0x82, big));
  const std::string head{"\x82\x7F\0\0\0\0\0\1\x11\x70", 10};
  EXPECT_EQ(receive(client), head + big);
}

TEST_F(HttpServer, ClosesWebSocketsByTheBook) {
  const int polite = connect();
  send(polite, std::string{kUpgrade} + frame(0x88, std::string_view{"\x03\xE8", 2}));
  EXPECT_THAT(receive(polite), testing::EndsWith("\x88\x02\x03\xE8<end>"));
  const int rude = connect();
  send(rude, std::string{kUpgrade} + std::string{"\x81\x01x"});  // not masked
  EXPECT_THAT(receive(rude), testing::EndsWith("\x88\x02\x03\xEA<end>"));
  const int dismissed = connect();
  send(dismissed, std::string{kUpgrade} + frame(0x81, "close me"));
  EXPECT_THAT(receive(dismissed), testing::EndsWith("\x88\x02\x03\xE9<end>"));
  const int gone = connect();
  send(gone, kUpgrade);
  receive(gone);
  ::shutdown(gone, SHUT_RDWR);
  turn();
  EXPECT_EQ(service.opened, 4);
  EXPECT_EQ(service.closed, 4);
}

TEST_F(HttpServer, TellsADroppedWebSocketWhyIfItCan) {
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  server.drop_websocket(service.last, 1001);
  EXPECT_EQ(receive(client), "\x88\x02\x03\xE9<end>");
  EXPECT_EQ(service.closed, 1);
}

TEST_F(HttpServer, JoinsTheHeadersOfAName) {
  std::string split{kUpgrade};
  const std::string one = "Connection: Upgrade\r\n";
  split.replace(split.find(one), one.size(), "Connection: keep-alive\r\nConnection: Upgrade\r\n");
  EXPECT_THAT(ask(split), StartsWith("HTTP/1.1 101 "));
}

TEST_F(HttpServer, RefusesWebSocketsItDoesNotSpeak) {
  std::string old{kUpgrade};
  old.replace(old.find("13"), 2, "8");
  EXPECT_THAT(ask(old), testing::AllOf(StartsWith("HTTP/1.1 426 "),
                                       HasSubstr("Sec-WebSocket-Version: 13\r\n")));
  std::string elsewhere{kUpgrade};
  elsewhere.replace(elsewhere.find("/echo"), 5, "/nope");
  EXPECT_THAT(ask(elsewhere), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(service.opened, 0);
}

TEST_F(HttpServer, UpgradesNobodyOfTheOldVersion) {  // RFC 9110 §7.8, RFC 6455 §4.2.1
  std::string old{kUpgrade};
  old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
  EXPECT_THAT(ask(old), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(service.opened, 0);
}

}  // namespace
}  // namespace duet::http
