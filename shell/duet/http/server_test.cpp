// SPDX-License-Identifier: MIT
// The server over real sockets: HTTP, pipelining, what is no request, limits.
#include <duet/http/http_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace duet::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(HttpServer, AnswersARequestAndKeepsTheConnection) {
  const int client = connect();
  send(client, "GET /a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string first = receive(client);
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(first, HasSubstr("\r\n\r\nGET /a?b=1 \n"));
  send(client, "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz");
  EXPECT_THAT(receive(client), HasSubstr("POST /c xyz\n"));
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  std::string requests;
  for (int i = 0; i < 300; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  const int client = connect();
  send(client, requests);
  const std::string answers = receive(client);
  std::size_t at = 0;
  for (int i = 0; i < 300; ++i) {
    const std::size_t found = answers.find("GET /" + std::to_string(i) + " \n", at);
    ASSERT_NE(found, std::string::npos) << i;
    at = found;
  }
}

TEST_F(HttpServer, ReadsARequestInPieces) {
  const int client = connect();
  for (const char c :
       std::string{"\r\nPOST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"}) {
    send(client, {&c, 1});
    turn();
  }
  EXPECT_THAT(receive(client), HasSubstr("POST /p ok\n"));
  send(client,
       "POST /q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_THAT(receive(client), HasSubstr("POST /q abc\n"));
}

TEST_F(HttpServer, EndsWhenAskedTo) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              testing::AllOf(HasSubstr("Connection: close\r\n"), testing::EndsWith("<end>")));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), testing::EndsWith("<end>"));
  EXPECT_THAT(
      ask("HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
      testing::AllOf(HasSubstr("Content-Length: 9\r\n"), testing::EndsWith("\r\n\r\n<end>")));
}

TEST_F(HttpServer, RefusesWhatIsNoRequest) {
  EXPECT_THAT(ask("NONSENSE\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 ")) << "no Host";
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("X-Error: yes\r\n")));
  const std::string fits = "GET /" + std::string(16'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_THAT(ask(fits), StartsWith("HTTP/1.1 200 "));
  const std::string too_long = "GET /" + std::string(16'400, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_THAT(ask(too_long), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nX: " + std::string(30'000, 'a')), StartsWith("HTTP/1.1 431 "));
  for (const char* coding : {"xchunked", "gzip", "chunked, gzip"}) {
    EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + std::string{coding} +
                    "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
                testing::AllOf(StartsWith("HTTP/1.1 400 "), testing::Not(HasSubstr("smuggled"))));
  }
  EXPECT_THAT(
      ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
      StartsWith("HTTP/1.1 501 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\nHost: a\n\n"),
              testing::AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("CR and LF")));
  EXPECT_THAT(ask("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
  for (const char* host : {"a b", "a/b", "\xc3\xbc", "a\"b", "a@b"}) {
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n"),
                StartsWith("HTTP/1.1 400 "));
  }
  EXPECT_EQ(server.counters().bad_requests, 18U);
  for (const char* host : {"", "a_b.example:80", "[fe80::1%25eth0]:8443", "%41.example", "x:"}) {
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n"),
                StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(HttpServer, UnderstandsEveryFormOfTarget) {  // RFC 9112 §3.2
  const auto answer_to = [&](std::string_view line) {
    return ask(std::string{line} + " HTTP/1.1\r\nHost: x\r\n\r\n");
  };
  EXPECT_THAT(answer_to("GET http://y/a?b=http://z/"), HasSubstr("\r\n\r\nGET /a?b=http://z/ \n"));
  EXPECT_THAT(answer_to("GET HTTPS://y:1"), HasSubstr("\r\n\r\nGET / \n"));
  EXPECT_THAT(answer_to("GET http://y?b=/c"), HasSubstr("\r\n\r\nGET /?b=/c \n"));
  EXPECT_THAT(answer_to("GET http://y:1/heads"), HasSubstr("\r\n\r\ny:1;"))
      << "the Host header doesn't count then";
  EXPECT_THAT(answer_to("OPTIONS *"), HasSubstr("\r\n\r\nOPTIONS * \n"));
  for (const char* line : {"GET a", "GET @y/", "GET y?u=http://y/", "GET ftp://y/", "GET http:///a",
                           "GET http://?a", "GET *", "CONNECT y:443", "GET http://a@y/"}) {
    EXPECT_THAT(answer_to(line), StartsWith("HTTP/1.1 400 ")) << line;
  }
}

TEST_F(HttpServer, BoundsTheHeadInWhateverPiecesItComes) {
  const std::string half(10'000, 'a');
  const int client = connect();
  send(client, "GET / HTTP/1.1\r\nHost: x\r\nA: " + half + "\r\n");
  EXPECT_EQ(receive(client), "");
  send(client, "B: " + half + "\r\n\r\n");
  EXPECT_THAT(receive(client), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("GET /" + half + " HTTP/1.1\r\nHost: x\r\nA: " + half + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServer, BoundsWhatStandsBesideTheBytesOfChunks) {  // RFC 9112 §7.1.1
  const std::string head = "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string much(17'000, 'a');
  EXPECT_THAT(ask(head + "1;a=" + much), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask(head + "1\r\nb\r\n0\r\nX: " + much), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask(head + "1;a=b\r\nb\r\n0;c\r\nX: y\r\n\r\n"), HasSubstr("POST /c b\n"));
}

TEST_F(HttpServer, TakesNoTrailerForAHeader) {  // RFC 9110 §6.5.1
  EXPECT_THAT(ask("POST /heads HTTP/1.1\r\nHost: a\r\nX: b\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "0\r\nX: c\r\nHost: d\r\n\r\n"),
              testing::EndsWith("\r\n\r\na;b"));
}

TEST_F(HttpServer, TellsWhoEndsWithinARequest) {
  for (const char* part :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\no"}) {
    const int client = connect();
    send(client, part);
    ::shutdown(client, SHUT_WR);
    EXPECT_THAT(receive(client), StartsWith("HTTP/1.1 400 ")) << part;
  }
  EXPECT_EQ(server.counters().bad_requests, 2U);
}

TEST_F(HttpServer, SaysContinueToWhoWaitsForIt) {
  const int client = connect();
  send(client, "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(receive(client), "HTTP/1.1 100 Continue\r\n\r\n");
  send(client, "ok");
  EXPECT_THAT(receive(client), HasSubstr("POST /e ok\n"));
}

TEST_F(HttpServer, SaysContinueToNobodyWhoDoesNotKnowIt) {  // RFC 9110 §10.1.1
  const int client = connect();
  send(client, "POST /e HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(receive(client), "");
  send(client, "ok");
  EXPECT_THAT(receive(client), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServer, TellsTheServiceOfAnAbortedRequest) {
  const int client = connect();
  send(client, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(receive(client), "");
  ASSERT_TRUE(service.waiting);
  ::shutdown(client, SHUT_RDWR);
  turn();
  EXPECT_EQ(service.aborted, 1);
  server.respond(*service.waiting, text_response(200, "late"));  // harmless
  turn();
  EXPECT_EQ(server.counters().open, 0U);
}

TEST_F(HttpServer, GivesTheWholeAnswerToWhoSendsNothingMore) {
  const int client = connect();
  send(client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  ::shutdown(client, SHUT_WR);
  const std::string answer = receive(client);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8'000'000U + 5);
  EXPECT_THAT(answer, testing::EndsWith("b<end>"));
  turn();
  EXPECT_EQ(service.aborted, 0);
  EXPECT_EQ(server.counters().open, 0U);
}

TEST_F(HttpServer, AnswersLaterAndThenGoesOnWithWhatWasPipelined) {
  const int client = connect();
  send(client, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(receive(client), "");
  server.respond(*service.waiting, text_response(200, "now"));
  const std::string answers = receive(client);
  EXPECT_LT(answers.find("now\n"), answers.find("GET /next"));
}

TEST_F(HttpServer, ClosesWhatIsNeitherHttpNorTls) {
  const std::string_view stun{"\x00\x01\x00\x00\x21\x12\xA4\x42", 8};
  EXPECT_EQ(ask(stun), "<end>");
  EXPECT_EQ(ask("\x16\x03\x01"), "<end>") << "TLS without a certificate";
  EXPECT_EQ(server.counters().unknown_protocols, 1U);
  EXPECT_EQ(server.counters().failed_handshakes, 1U);
}

class NetServerForTwo : public HttpServer {
 protected:
  NetServerForTwo() : HttpServer{{.connections_per_address = 2}} {}
};

TEST_F(NetServerForTwo, ClosesConnectionsOverTheLimitOfAnAddress) {
  const int first = connect();
  const int second = connect();
  const int third = connect();
  EXPECT_EQ(receive(third), "<end>");
  send(first, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(receive(first), StartsWith("HTTP/1.1 200 "));
  ::shutdown(second, SHUT_RDWR);
  turn();
  const int fourth = connect();
  send(fourth, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(receive(fourth), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(server.counters().refused_limit, 1U);
}

}  // namespace
}  // namespace duet::http
