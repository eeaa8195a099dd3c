// SPDX-License-Identifier: MIT
// The Socket.IO client against our own server, over real connections.
#include <duet/host/signaling_client.hpp>
#include <duet/host/site.hpp>
#include <duet/net/event_loop.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duet::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Sends every event back, and acknowledges it if asked to.
class EchoEvents final : public socketio::Application {
 public:
  explicit EchoEvents(Random& random) : server_{{}, random} {}

  void settle(Instant now, socketio::EngineServer& engine) override {
    while (const auto event = engine.poll_event()) {
      server_.handle_engine_event(now, engine, *event);
      while (const auto said = server_.poll_event()) react(now, engine, *said);
    }
  }

  void handle_timeout(Instant now, socketio::EngineServer& engine) override {
    server_.handle_timeout(now, engine);
  }

  std::optional<Instant> next_timeout() const override { return server_.next_timeout(); }

 private:
  void react(Instant now, socketio::EngineServer& engine, const socketio::Event& event) {
    if (event.type != socketio::Event::Type::Received) return;
    const std::string arguments{event.arguments};
    server_.send_event(now, engine, event.socket, R"(["echo",)" + arguments + "]");
    if (event.ack) server_.send_ack(now, engine, event.socket, *event.ack, "[" + arguments + "]");
  }

  socketio::Server server_;
};

/// A proxy that knows no WebSockets.
class WithoutWebSockets final : public http::Service {
 public:
  explicit WithoutWebSockets(http::Service& behind) : behind_{behind} {}

  void handle_request(http::ConnectionId id, const http::Request& request) override {
    behind_.handle_request(id, request);
  }

  void handle_response_sent(http::ConnectionId id, std::size_t bytes) override {
    behind_.handle_response_sent(id, bytes);
  }

  void handle_request_aborted(http::ConnectionId id) override {
    behind_.handle_request_aborted(id);
  }

  http::UpgradeAnswer handle_websocket_opening(http::ConnectionId, const http::Request&) override {
    http::UpgradeAnswer answer;
    answer.refusal = http::text_response(400, "No WebSockets here.");
    return answer;
  }

  std::vector<std::pair<std::string, std::string>> headers_of_error(const http::Request&) override {
    return {};
  }

 private:
  http::Service& behind_;
};

struct SignalingClientTest : testing::TestWithParam<bool> {
  SignalingClientTest() {
    if (GetParam()) {
      server.set_service(site);
    } else {
      server.set_service(plain);
    }
    site.mount("/socket.io/", host);
    endpoint = server.listen({*IpAddress::parse("127.0.0.1"), 0});
  }

  std::unique_ptr<SignalingClient> connect(const std::string& name) {
    const auto url = ServerUrl::parse("http://" + name + ":" + std::to_string(endpoint.port));
    return std::make_unique<SignalingClient>(
        loop, *url, nullptr, random, socketio::ClientOptions{},
        SignalingClient::Handler{
            .event = [this](const socketio::ClientEvent& event) { note(event); },
            .failed = [this](const net::OutgoingStream::End&) { ++failures; }});
  }

  void note(const socketio::ClientEvent& event) {
    if (std::holds_alternative<socketio::ClientConnected>(event)) log.emplace_back("connected");
    if (const auto* received = std::get_if<socketio::ClientReceived>(&event)) {
      log.push_back(received->name + " " + received->arguments);
    }
    if (const auto* ack = std::get_if<socketio::ClientAcknowledged>(&event)) {
      log.push_back("ack " + ack->arguments);
    }
  }

  void run_until(const std::function<bool()>& condition) {
    for (const Instant end = loop.now() + 5s; !condition() && loop.now() < end;) {
      loop.run_turn(50ms);
    }
    EXPECT_TRUE(condition());
  }

  net::EventLoop loop;
  SeededRandom random{1};
  http::Server server{loop, {}};
  CorsPolicy cors;
  ProxyTrust proxies;
  socketio::EngineServer engine{{}, random};
  EchoEvents echo{random};
  SignalingHost host{loop, server, engine, echo, cors};
  Site site{server, cors, proxies};
  WithoutWebSockets plain{site};
  Endpoint endpoint;
  std::vector<std::string> log;
  int failures = 0;
};

INSTANTIATE_TEST_SUITE_P(Over, SignalingClientTest, testing::Values(true, false),
                         [](const auto& one) { return one.param ? "WebSocket" : "Polling"; });

TEST_P(SignalingClientTest, ConnectsByNameAndSpeaksBothWays) {
  const auto client = connect("localhost");
  run_until([&] { return client->is_connected(); });
  EXPECT_TRUE(client->emit(R"(["message","hallo"])"));
  EXPECT_TRUE(client->emit_with_ack(R"(["message",2])"));
  run_until([&] { return log.size() == 4; });
  EXPECT_THAT(log, ElementsAre("connected", "echo \"hallo\"", "echo 2", "ack [2]"));
}

TEST_P(SignalingClientTest, CarriesMessagesOfAMegabyte) {
  const auto client = connect("127.0.0.1");
  run_until([&] { return client->is_connected(); });
  const std::string large(900'000, 'x');
  client->emit(R"(["message",")" + large + "\"]");
  run_until([&] { return log.size() == 2; });
  EXPECT_EQ(log.back(), "echo \"" + large + "\"");
}

TEST_P(SignalingClientTest, ClosingEndsTheSessionAtTheServer) {
  const auto client = connect("127.0.0.1");
  run_until([&] { return client->is_connected(); });
  EXPECT_EQ(engine.session_count(), 1U);
  client->close();
  run_until([&] { return engine.session_count() == 0; });
}

TEST_P(SignalingClientTest, KeepsAConnectionWhoseAddressIsStillThere) {
  const auto client = connect("127.0.0.1");
  run_until([&] { return client->is_connected(); });
  client->handle_network_change();
  client->emit(R"(["message",1])");
  run_until([&] { return log.size() == 2; });
  EXPECT_THAT(log, ElementsAre("connected", "echo 1"));
}

TEST_P(SignalingClientTest, SaysWhyItCannotConnect) {
  const auto url = ServerUrl::parse("http://127.0.0.1:1");
  SignalingClient client{loop,
                         *url,
                         nullptr,
                         random,
                         {},
                         {.event = [this](const auto& event) { note(event); },
                          .failed =
                              [this](const net::OutgoingStream::End& end) {
                                EXPECT_EQ(end.why, net::OutgoingStream::End::Why::NotConnected);
                                EXPECT_EQ(end.detail, "Connection refused");
                                ++failures;
                              }}};
  run_until([&] { return failures > 0; });
  EXPECT_THAT(log, IsEmpty());
}

TEST(ServerUrl, ReadsWhatPeopleWrite) {
  const auto url = ServerUrl::parse("https://example.org/r/otter");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_secure);
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/r/otter");
  EXPECT_EQ(url->authority(), "example.org:443");
  EXPECT_EQ(ServerUrl::parse("http://[::1]:2022")->host, "::1");
  EXPECT_EQ(ServerUrl::parse("ws://[::1]:2022")->authority(), "[::1]:2022");
  for (const char* text : {"", "example.org", "ftp://x", "http://", "http://x:", "http://x:0",
                           "http://x:99999", "http://x:1a", "http://[::1", "http://a b"}) {
    EXPECT_FALSE(ServerUrl::parse(text)) << text;
  }
}

}  // namespace
}  // namespace duet::host
