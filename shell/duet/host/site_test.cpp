// SPDX-License-Identifier: MIT
// Which request goes where, asked over a real connection.
#include <duet/host/site.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/socket_address.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace duet::host {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Sends every message back.
class Echo final : public socketio::Application {
 public:
  void settle(Instant now, socketio::EngineServer& engine) override {
    while (const auto event = engine.poll_event()) {
      if (event->type != socketio::EngineEvent::Type::Message) continue;
      engine.send(now, event->session, event->kind, event->bytes);
    }
  }

  void handle_timeout(Instant, socketio::EngineServer&) override {}

  std::optional<Instant> next_timeout() const override { return std::nullopt; }
};

class SiteTest : public testing::Test {
 protected:
  SiteTest() {
    server.set_service(site);
    site.mount("/engine.io/", host);
    site.set("/healthz", [](const auto&, const auto&) { return http::text_response(200, "well"); });
    site.set_pages([](const http::Request& request, const Client&) {
      return http::text_response(200, "page " + std::string{request.path});
    });
    endpoint = server.listen({*IpAddress::parse("127.0.0.1"), 0});
  }

  std::string ask(std::string_view request) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const net::SocketAddress address = net::to_socket_address(endpoint);
    EXPECT_EQ(::connect(client, address.data(), address.size), 0);
    ::fcntl(client, F_SETFL, O_NONBLOCK);
    EXPECT_EQ(::send(client, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    for (int quiet = 0; quiet < 5;) {
      while (loop.run_turn(0s)) {
      }
      std::array<char, 4096> buffer{};
      const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
      if (got == 0) break;
      if (got > 0) {
        answer.append(buffer.data(), static_cast<std::size_t>(got));
      } else {
        pollfd entry{client, POLLIN, 0};
        ::poll(&entry, 1, 2);
        ++quiet;
      }
    }
    ::close(client);
    return answer;
  }

  std::string get(std::string_view target, std::string_view headers = {}) {
    return ask("GET " + std::string{target} + " HTTP/1.1\r\nHost: duet.lan\r\n" +
               std::string{headers} + "\r\n");
  }

  net::EventLoop loop;
  SeededRandom random{1};
  http::Server server{loop, {}};
  CorsPolicy cors;
  ProxyTrust proxies;
  socketio::EngineServer engine{{}, random};
  Echo echo;
  SignalingHost host{loop, server, engine, echo, cors};
  Site site{server, cors, proxies};
  Endpoint endpoint;
};

TEST_F(SiteTest, SendsEachPathToWhoAnswersIt) {
  EXPECT_THAT(get("/engine.io/?EIO=4&transport=polling"), HasSubstr(R"(0{"sid":")"));
  EXPECT_THAT(get("/engine.io?EIO=4&transport=polling"), HasSubstr(R"(0{"sid":")"));
  EXPECT_THAT(get("/healthz"), HasSubstr("well"));
  EXPECT_THAT(get("/r/otter?x"), HasSubstr("page /r/otter\n"));
  EXPECT_THAT(ask("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
}

TEST_F(SiteTest, TellsForeignPagesWhyNot) {
  const std::string error = get("/engine.io/?EIO=4&transport=none", "Origin: null\r\n");
  EXPECT_THAT(error, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(error, HasSubstr("Access-Control-Allow-Origin: null\r\n"));
  EXPECT_THAT(error, HasSubstr(R"({"code":0,"message":"Transport unknown"})"));
  EXPECT_THAT(ask("OPTIONS /engine.io/ HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n\r\n"),
              StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(get("/nowhere",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
              StartsWith("HTTP/1.1 404 "));
}

TEST_F(SiteTest, OpensAWebSocketBehindAPipelinedRequest) {
  const std::string answers =
      ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
          "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nwell\n"));
  EXPECT_THAT(answers, HasSubstr("HTTP/1.1 101 "));
  EXPECT_THAT(answers, HasSubstr(R"(0{"sid":")"));
}

TEST_F(SiteTest, TakesTheFirstSubprotocolOffered) {
  const auto upgrade = [&](std::string_view offered) {
    return get("/engine.io/?EIO=4&transport=websocket",
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                   std::string{offered});
  };
  EXPECT_THAT(upgrade("Sec-WebSocket-Protocol: one , two\r\n"),
              HasSubstr("\r\nSec-WebSocket-Protocol: one\r\n"));
  EXPECT_THAT(upgrade(""), Not(HasSubstr("Sec-WebSocket-Protocol")));
  EXPECT_THAT(upgrade("Sec-WebSocket-Protocol: o\"ne\r\n"),
              Not(HasSubstr("Sec-WebSocket-Protocol")));
}

TEST_F(SiteTest, RedirectsPagesOfOthersToHttps) {
  site.require_https();
  // A forwarded request is none of this machine's own, and nobody is trusted to forward.
  const std::string_view elsewhere = "X-Forwarded-For: 203.0.113.7\r\n";
  EXPECT_THAT(get("/r/otter?x=1"), StartsWith("HTTP/1.1 200 ")) << "on loopback";
  const std::string answer = get("/r/otter?x=1", elsewhere);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 308 "));
  EXPECT_THAT(answer, HasSubstr("Location: https://duet.lan/r/otter?x=1\r\n"));
  for (const char* path : {"/ca", "/ca.crt", "/ca/info", "/assets/a.js", "/healthz"}) {
    EXPECT_THAT(get(path, elsewhere), StartsWith("HTTP/1.1 200 ")) << path;
  }
  EXPECT_THAT(get("/engine.io/?EIO=4&transport=polling", elsewhere), HasSubstr("sid"));
  EXPECT_THAT(get("/cable", elsewhere), StartsWith("HTTP/1.1 308 "));
}

TEST_F(SiteTest, ClosesTheSessionOfAnAbortedPoll) {
  const std::string handshake = get("/engine.io/?EIO=4&transport=polling");
  const std::size_t at = handshake.find("sid\":\"") + 6;
  const std::string sid = handshake.substr(at, handshake.find('"', at) - at);
  const std::string poll = "/engine.io/?EIO=4&transport=polling&sid=" + sid;
  EXPECT_EQ(get(poll), "") << "it waits, and is then aborted";
  EXPECT_THAT(get(poll), HasSubstr(R"({"code":1,"message":"Session ID unknown"})"));
  EXPECT_EQ(engine.session_count(), 0U);
}

}  // namespace
}  // namespace duet::host
