// SPDX-License-Identifier: MIT
// The server over real sockets: HTTP, pipelining, WebSocket, limits and deadlines.
#include <duet/base/bytes.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/server.hpp>
#include <duet/net/socket_address.hpp>
#include <duet/websocket/frame.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace duet::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Answers /wait only when told to, /big with 8 MB, /file with 8 MB that are kept alive, the rest
/// with method and target; a WebSocket at /echo sends back what it gets.
class TestService final : public HttpService, public WebSocketService {
 public:
  Server* server = nullptr;
  std::optional<ConnectionId> waiting;
  std::weak_ptr<const std::string> kept;  ///< the content of /file, while an answer holds it
  std::size_t answered = 0;
  int aborted = 0;
  int opened = 0;
  ConnectionId last{};  ///< of those opened
  int closed = 0;
  std::size_t sent = 0;
  std::map<std::uint64_t, int> taken_by;  ///< times that a connection took something unseen

  void handle_request(ConnectionId id, const HttpRequest& request) override {
    if (request.path == "/wait") {
      waiting = id;
      return;
    }
    HttpResponse response =
        text_response(200, std::string{request.method} + " " + std::string{request.target} + " " +
                               std::string{request.body});
    if (request.path == "/big") response.body.assign(8'000'000, 'b');
    if (request.path == "/file") {
      auto file = std::make_shared<const std::string>(8'000'000, 'f');
      response.view = *file;
      kept = file;
      response.keep_alive = std::move(file);
    }
    server->respond(id, response);
  }

  void handle_response_sent(ConnectionId, std::size_t bytes) override { answered += bytes; }

  void handle_request_aborted(ConnectionId) override { ++aborted; }

  UpgradeAnswer handle_websocket_opening(ConnectionId, const HttpRequest& request) override {
    UpgradeAnswer answer;
    if (request.path == "/echo") {
      answer.service = this;
    } else {
      answer.refusal = text_response(404, "No.");
    }
    return answer;
  }

  std::vector<std::pair<std::string, std::string>> headers_of_error(const HttpRequest&) override {
    return {{"X-Error", "yes"}};
  }

  void handle_websocket_opened(ConnectionId id) override {
    ++opened;
    last = id;
    server->send_message(id, true, "welcome");
  }

  void handle_websocket_message(ConnectionId id, bool text, std::string_view bytes) override {
    if (bytes == "close me") return server->close_websocket(id, 1001);
    server->send_message(id, text, bytes);
  }

  void handle_websocket_sent(ConnectionId id, std::size_t bytes) override {
    sent += bytes;
    if (bytes == 0) ++taken_by[id.value()];
  }

  void handle_websocket_closed(ConnectionId) override { ++closed; }
};

class NetServer : public testing::Test {
 protected:
  explicit NetServer(ServerConfig config = {}) : server{loop, config} {
    service.server = &server;
    server.set_service(service);
    endpoint = server.listen({*IpAddress::parse("127.0.0.1"), 0});
  }

  ~NetServer() override {
    for (const int descriptor : clients) ::close(descriptor);
  }

  int connect() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const SocketAddress address = to_socket_address(endpoint);
    EXPECT_EQ(::connect(descriptor, address.data(), address.size), 0);
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    clients.push_back(descriptor);
    return descriptor;
  }

  void turn() {
    while (loop.run_turn(0s)) {
    }
  }

  void send(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      turn();
      if (sent < 0 && errno != EAGAIN) return;
    }
  }

  /// Everything that comes until `quiet` turns bring nothing; "<end>" where the stream ended.
  std::string receive(int descriptor) {
    std::string all;
    for (int quiet = 0; quiet < 5;) {
      turn();
      std::array<char, 65536> buffer{};
      const ssize_t got = ::recv(descriptor, buffer.data(), buffer.size(), 0);
      if (got > 0) {
        all.append(buffer.data(), static_cast<std::size_t>(got));
        quiet = 0;
      } else if (got == 0) {
        return all + "<end>";
      } else {
        ++quiet;
        pollfd entry{descriptor, POLLIN, 0};
        ::poll(&entry, 1, 2);
      }
    }
    return all;
  }

  /// Ends it without a word but RST.
  void reset(int descriptor) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    std::erase(clients, descriptor);
    ::close(descriptor);
    turn();
  }

  std::string ask(std::string_view request) {
    const int descriptor = connect();
    send(descriptor, request);
    return receive(descriptor);
  }

  static std::string frame(unsigned first_byte, std::string_view payload) {
    std::array<std::byte, websocket::kMaxHeaderSize> head{};
    const websocket::MaskingKey key{};
    const std::size_t size =
        websocket::serialize_header(head, websocket::Opcode::Text, payload.size(), key);
    head[0] = static_cast<std::byte>(first_byte);
    return std::string{as_text(std::span{head}.first(size))} + std::string{payload};
  }

  static constexpr std::string_view kUpgrade =
      "GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

  EventLoop loop;
  TestService service;
  Server server;
  Endpoint endpoint;
  std::vector<int> clients;
};

TEST_F(NetServer, AnswersARequestAndKeepsTheConnection) {
  const int client = connect();
  send(client, "GET /a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string first = receive(client);
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(first, HasSubstr("\r\n\r\nGET /a?b=1 \n"));
  send(client, "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz");
  EXPECT_THAT(receive(client), HasSubstr("POST /c xyz\n"));
}

TEST_F(NetServer, AnswersPipelinedRequestsInOrder) {
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

TEST_F(NetServer, ReadsARequestInPieces) {
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

TEST_F(NetServer, EndsWhenAskedTo) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              testing::AllOf(HasSubstr("Connection: close\r\n"), testing::EndsWith("<end>")));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), testing::EndsWith("<end>"));
  EXPECT_THAT(
      ask("HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
      testing::AllOf(HasSubstr("Content-Length: 9\r\n"), testing::EndsWith("\r\n\r\n<end>")));
}

TEST_F(NetServer, RefusesWhatIsNoRequest) {
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

TEST_F(NetServer, SaysContinueToWhoWaitsForIt) {
  const int client = connect();
  send(client, "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(receive(client), "HTTP/1.1 100 Continue\r\n\r\n");
  send(client, "ok");
  EXPECT_THAT(receive(client), HasSubstr("POST /e ok\n"));
}

TEST_F(NetServer, SaysContinueToNobodyWhoDoesNotKnowIt) {  // RFC 9110 §10.1.1
  const int client = connect();
  send(client, "POST /e HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(receive(client), "");
  send(client, "ok");
  EXPECT_THAT(receive(client), StartsWith("HTTP/1.1 200 "));
}

TEST_F(NetServer, TellsTheServiceOfAnAbortedRequest) {
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

TEST_F(NetServer, GivesTheWholeAnswerToWhoSendsNothingMore) {
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

TEST_F(NetServer, AnswersLaterAndThenGoesOnWithWhatWasPipelined) {
  const int client = connect();
  send(client, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(receive(client), "");
  server.respond(*service.waiting, text_response(200, "now"));
  const std::string answers = receive(client);
  EXPECT_LT(answers.find("now\n"), answers.find("GET /next"));
}

TEST_F(NetServer, SendsLargeAnswersToSlowReaders) {
  const int client = connect();
  send(client, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::size_t size = 0;
  std::array<char, 100'000> buffer{};
  for (int i = 0; i < 5000; ++i) {
    turn();
    const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
    if (got == 0) break;
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  EXPECT_GT(size, 8'000'000U);
}

TEST_F(NetServer, TellsTheServiceWhatLeavesOfAnAnswer) {
  const int client = connect();
  send(client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  EXPECT_LT(service.answered, 8'000'000U);
  receive(client);
  EXPECT_EQ(service.answered, 8'000'000U);
  send(client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  reset(client);
  EXPECT_LT(service.answered, 16'000'000U);
  EXPECT_EQ(service.aborted, 1);
}

TEST_F(NetServer, HoldsAFileUntilItIsSent) {
  const int client = connect();
  send(client, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  EXPECT_FALSE(service.kept.expired());
  const std::string answer = receive(client);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8'000'000U);
  EXPECT_TRUE(service.kept.expired());
}

TEST_F(NetServer, LetsGoOfAFileWhenItsReaderIsGone) {
  const int client = connect();
  send(client, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  EXPECT_FALSE(service.kept.expired());
  reset(client);
  EXPECT_TRUE(service.kept.expired());
}

TEST_F(NetServer, SeesASlowReaderTakeWhatItTakes) {
  const int client = connect();
  const int small = 16'384;
  ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  send(client, kUpgrade);
  receive(client);
  const ConnectionId id{std::uint64_t{1} << 32};  // the slot map's first handle
  server.send_message(id, false, std::string(2'000'000, 'x'));
  for (int i = 0; i < 100; ++i) turn();
  // 100 KB read are seen, whatever the kernel would hold.
  std::size_t most = 0;  // read between one sign of life and the next
  std::size_t read = 0;
  std::size_t since = 0;
  std::array<char, 4'096> buffer{};
  while (read < 1'000'000) {
    const std::size_t sent = service.sent;
    pollfd entry{client, POLLIN, 0};
    ::poll(&entry, 1, 5);
    const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
    turn();
    if (got > 0) read += static_cast<std::size_t>(got);
    if (got > 0) since += static_cast<std::size_t>(got);
    if (service.sent > sent) since = 0;
    most = std::max(most, since);
  }
  EXPECT_LT(most, 100'000U);
}

/// At 2 KB/s our kernel has room again only after a minute, and over loopback the peer's kernel
/// acknowledges more only after half a minute; what the program has read tells at once.
TEST_F(NetServer, SeesASlowReaderTakeWhatTheKernelsHold) {
  struct Reader {
    int descriptor = -1;
    ConnectionId id{};
    int taken = 0;
  };

  std::vector<Reader> readers;
  for (const int buffer_size : {0, 2'048, 16'384, 1'000'000}) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    clients.push_back(client);
    if (buffer_size > 0) {
      ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &buffer_size, sizeof buffer_size);
    }
    const SocketAddress address = to_socket_address(endpoint);
    ASSERT_EQ(::connect(client, address.data(), address.size), 0);
    ::fcntl(client, F_SETFL, O_NONBLOCK);
    send(client, kUpgrade);
    receive(client);
    readers.push_back({client, service.last});
    server.send_message(service.last, false, std::string(8'000'000, 'x'));
  }
  const auto run_for = [&](Duration time) {
    for (const Instant end = loop.now() + time; loop.now() < end;) loop.run_turn(50ms);
  };
  run_for(1500ms);
  for (Reader& reader : readers) reader.taken = service.taken_by[reader.id.value()];
  const std::size_t sent = service.sent;
  for (int i = 0; i < 4; ++i) {
    for (const Reader& reader : readers) {
      std::array<char, 2'000> buffer{};
      EXPECT_GT(::recv(reader.descriptor, buffer.data(), buffer.size(), 0), 0);
    }
    run_for(1s);
  }
  EXPECT_LT(service.sent - sent, 100'000U) << "the kernels held too little";
  for (const Reader& reader : readers) {
    EXPECT_GE(service.taken_by[reader.id.value()], reader.taken + 3);
  }
  run_for(1100ms);
  const auto taken_by = service.taken_by;
  run_for(1500ms);
  EXPECT_EQ(service.taken_by, taken_by) << "who takes nothing is not said to take something";
}

TEST_F(NetServer, AnswersNoFurtherRequestWhileAnswersGoUnread) {
  const int client = connect();
  const int small = 4096;
  ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  for (int i = 0; i < 200; ++i) send(client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_LE(server.counters().requests, 3U);
}

TEST_F(NetServer, JoinsTheHeadersOfAName) {
  std::string split{kUpgrade};
  const std::string one = "Connection: Upgrade\r\n";
  split.replace(split.find(one), one.size(), "Connection: keep-alive\r\nConnection: Upgrade\r\n");
  EXPECT_THAT(ask(split), StartsWith("HTTP/1.1 101 "));
}

TEST_F(NetServer, EchoesOverWebSocket) {
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

TEST_F(NetServer, ClosesWebSocketsByTheBook) {
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

TEST_F(NetServer, DropsAWebSocketThatReadsNothingAtOnce) {
  const ConnectionId first{std::uint64_t{1} << 32};  // the slot map's first handle
  const int deaf = connect();
  send(deaf, kUpgrade);
  receive(deaf);
  server.send_message(first, false, std::string(8'000'000, 'x'));
  turn();
  server.drop_websocket(first, 1008);
  turn();
  EXPECT_EQ(service.closed, 1);
  EXPECT_EQ(server.counters().open, 0U);
}

TEST_F(NetServer, TellsADroppedWebSocketWhyIfItCan) {
  const ConnectionId first{std::uint64_t{1} << 32};  // the slot map's first handle
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  server.drop_websocket(first, 1001);
  EXPECT_EQ(receive(client), "\x88\x02\x03\xE9<end>");
  EXPECT_EQ(service.closed, 1);
}

TEST_F(NetServer, RefusesWebSocketsItDoesNotSpeak) {
  std::string old{kUpgrade};
  old.replace(old.find("13"), 2, "8");
  EXPECT_THAT(ask(old), testing::AllOf(StartsWith("HTTP/1.1 426 "),
                                       HasSubstr("Sec-WebSocket-Version: 13\r\n")));
  std::string elsewhere{kUpgrade};
  elsewhere.replace(elsewhere.find("/echo"), 5, "/nope");
  EXPECT_THAT(ask(elsewhere), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(service.opened, 0);
}

TEST_F(NetServer, UpgradesNobodyOfTheOldVersion) {  // RFC 9110 §7.8, RFC 6455 §4.2.1
  std::string old{kUpgrade};
  old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
  EXPECT_THAT(ask(old), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(service.opened, 0);
}

TEST_F(NetServer, PausesAndResumesWithoutLosingAnything) {
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  // The slot map's first handle: place 0, first use.
  const ConnectionId id{std::uint64_t{1} << 32};
  server.pause(id);
  send(client, frame(0x81, "one") + frame(0x81, "two"));
  EXPECT_EQ(receive(client), "");
  server.resume(id);
  EXPECT_EQ(receive(client), "\x81\x03one\x81\x03two");
}

TEST_F(NetServer, HearsOfAResetWhilePaused) {
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  server.pause(ConnectionId{std::uint64_t{1} << 32});
  send(client, frame(0x81, "unread"));
  turn();
  reset(client);
  EXPECT_EQ(service.closed, 1);
  EXPECT_EQ(server.counters().open, 0U);
}

TEST_F(NetServer, IsNotDisturbedByUrgentDataWhilePaused) {
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  const ConnectionId id{std::uint64_t{1} << 32};
  server.pause(id);
  turn();
  ::send(client, "!", 1, MSG_OOB);
  EXPECT_EQ(receive(client), "");
  server.resume(id);
  send(client, frame(0x81, "still here"));
  EXPECT_EQ(receive(client), "\x81\x0Astill here");
}

TEST_F(NetServer, ClosesWhatIsNeitherHttpNorTls) {
  const std::string_view stun{"\x00\x01\x00\x00\x21\x12\xA4\x42", 8};
  EXPECT_EQ(ask(stun), "<end>");
  EXPECT_EQ(ask("\x16\x03\x01"), "<end>") << "TLS without a certificate";
  EXPECT_EQ(server.counters().unknown_protocols, 1U);
}

class NetServerForTwo : public NetServer {
 protected:
  NetServerForTwo() : NetServer{{.connections_per_address = 2}} {}
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
}  // namespace duet::net
