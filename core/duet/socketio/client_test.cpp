// SPDX-License-Identifier: MIT
// The client against the server's own machines, over both transports, and against a bad server.
#include <duet/base/bytes.hpp>
#include <duet/socketio/client.hpp>
#include <duet/socketio/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duet::socketio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A server that echoes every event as `echo`, and the client's sockets between them.
struct Line : Lab {
  explicit Line(bool websockets, ClientOptions options = {})
      : has_websockets{websockets},
        server{{}, random},
        client{now, client_random, std::move(options)} {
    application = [this](const EngineEvent& event) {
      server.handle_engine_event(now, engine, event);
      while (const auto said = server.poll_event()) react(*said);
    };
    also_next = [this] { return server.next_timeout(); };
    also_timeout = [this] { server.handle_timeout(now, engine); };
    run();
  }

  void react(const Event& event) {
    if (event.type == Event::Type::Connected) socket = event.socket;
    if (event.type == Event::Type::Disconnected) ++left;
    if (event.type != Event::Type::Received) return;
    const std::string arguments{event.arguments};
    if (event.ack) server.send_ack(now, engine, event.socket, *event.ack, "[" + arguments + "]");
    server.send_event(now, engine, event.socket, R"(["echo",)" + arguments + "]",
                      event.attachments);
  }

  void run() {
    bool more = true;
    while (more) {
      more = false;
      settle();
      while (const auto action = client.poll_action()) {
        more = true;
        carry_out(*action);
      }
      for (const std::string& frame : heard(websocket)) {
        more = true;
        deliver(frame);
      }
      for (int* request : {&get_request, &post_request}) {
        if (*request == 0 || answer(*request) == "waits") continue;
        more = true;
        const auto method =
            request == &get_request ? SendRequest::Method::Get : SendRequest::Method::Post;
        const std::string said = answer(std::exchange(*request, 0));
        client.handle_response(now, attempt, method, std::stoi(said), said.substr(4));
      }
    }
    while (const auto event = client.poll_event()) log.push_back(describe(*event));
  }

  void deliver(const std::string& frame) {
    if (frame.starts_with("close")) return client.handle_closed(now, attempt);
    if (!frame.starts_with('#')) {
      return client.handle_message(now, attempt, MessageKind::Text, frame);
    }
    std::string bytes;
    for (std::size_t i = 1; i < frame.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(frame.substr(i, 2), nullptr, 16));
    }
    client.handle_message(now, attempt, MessageKind::Binary, bytes);
  }

  void carry_out(const Client::Action& action) {
    attempt = action.attempt;
    const auto query = [](const std::string& target) {
      return target.substr(target.find('?') + 1);
    };
    if (const auto* open = std::get_if<OpenWebSocket>(&action.what)) {
      websocket = has_websockets && is_up ? connect(query(open->target)) : 0;
      if (websocket == 0) client.handle_closed(now, attempt);
    } else if (const auto* message = std::get_if<SendMessage>(&action.what)) {
      say(websocket, message->bytes, message->kind);
    } else if (const auto* sent = std::get_if<SendRequest>(&action.what)) {
      if (!is_up) return client.handle_response(now, attempt, sent->method, 0, {});
      const bool is_get = sent->method == SendRequest::Method::Get;
      (is_get ? get_request : post_request) =
          is_get ? get(query(sent->target)) : post(query(sent->target), sent->body);
    } else if (websocket != 0) {
      hang_up(std::exchange(websocket, 0));
    } else {
      get_request = post_request = 0;
    }
  }

  static std::string describe(const ClientEvent& event) {
    if (std::holds_alternative<ClientConnected>(event)) return "connected";
    if (const auto* gone = std::get_if<ClientDisconnected>(&event)) {
      return "disconnected " + std::to_string(static_cast<int>(gone->why));
    }
    if (const auto* refused = std::get_if<ClientRefused>(&event)) return refused->payload;
    if (const auto* ack = std::get_if<ClientAcknowledged>(&event)) {
      return "ack " + std::to_string(ack->ack.value()) + " " + ack->arguments;
    }
    const auto& received = std::get<ClientReceived>(event);
    std::string text = received.name + "|" + received.arguments;
    for (const Blob& blob : received.attachments) text += "#" + hex(as_text(blob));
    return text;
  }

  /// Both ends see the time pass.
  void pass(Duration time) {
    for (const Instant end = now + time; now < end;) {
      wait(std::min(Duration{100ms}, end - now));
      run();
      client.handle_timeout(now);
    }
    run();
  }

  bool has_websockets;
  SeededRandom client_random{2};
  Server server;
  Client client;
  Client::Attempt attempt{};
  SocketId socket{};
  int left = 0;
  bool is_up = true;
  int websocket = 0;
  int get_request = 0;
  int post_request = 0;
};

class BothTransports : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(SocketIoClient, BothTransports, testing::Values(true, false),
                         [](const auto& one) { return one.param ? "WebSocket" : "Polling"; });

TEST_P(BothTransports, ConnectsAndCarriesEventsBothWays) {
  Line line{GetParam()};
  EXPECT_TRUE(line.client.emit(R"(["message",{"type":"offer"},"你好"])"));
  line.run();
  EXPECT_THAT(line.log, ElementsAre("connected", R"(echo|{"type":"offer"},"你好")"));
}

TEST_P(BothTransports, GetsTheAcknowledgementItAskedFor) {
  Line line{GetParam()};
  line.log.clear();
  EXPECT_EQ(line.client.emit_with_ack(R"(["join",1])"), AckId{0});
  EXPECT_EQ(line.client.emit_with_ack(R"(["join",2])"), AckId{1});
  line.run();
  EXPECT_THAT(line.log, ElementsAre("ack 0 [1]", "echo|1", "ack 1 [2]", "echo|2"));
}

TEST_P(BothTransports, TakesAttachments) {
  Line line{GetParam()};
  line.log.clear();
  const Blob blob{std::byte{1}, std::byte{0xFF}};
  line.server.send_event(line.now, line.engine, line.socket,
                         R"(["file",{"_placeholder":true,"num":0}])", std::span{&blob, 1});
  line.run();
  EXPECT_THAT(line.log, ElementsAre(R"(file|{"_placeholder":true,"num":0}#01ff)"));
}

TEST_P(BothTransports, StaysConnectedForAnHourOfSilence) {
  Line line{GetParam()};
  line.pass(1h);
  EXPECT_THAT(line.log, ElementsAre("connected"));
  EXPECT_EQ(line.left, 0);
}

TEST_P(BothTransports, TellsTheServerWhenItLeaves) {
  Line line{GetParam()};
  line.client.close();
  line.run();
  EXPECT_EQ(line.left, 1);
  EXPECT_FALSE(line.client.next_timeout());
}

TEST_P(BothTransports, ComesBackAfterAnOutage) {
  Line line{GetParam()};
  line.is_up = false;
  line.server.disconnect(line.now, line.engine, line.socket);
  line.run();
  line.pass(1min);
  EXPECT_THAT(line.log, ElementsAre("connected", "disconnected 0"));
  EXPECT_FALSE(line.client.emit(R"(["lost"])"));
  line.is_up = true;
  line.pass(8s);  // the longest pause is 7.5 s
  EXPECT_THAT(line.log, ElementsAre("connected", "disconnected 0", "connected"));
}

TEST_P(BothTransports, ConnectsAnewAtOnceWhenTold) {
  Line line{GetParam()};
  line.client.connect_anew(line.now);
  line.run();
  EXPECT_THAT(line.log, ElementsAre("connected", "disconnected 1", "connected"));
  line.is_up = false;
  line.server.disconnect(line.now, line.engine, line.socket);
  line.run();
  line.is_up = true;
  line.client.connect_anew(line.now);  // in a pause
  line.run();
  EXPECT_TRUE(line.client.is_connected());
  line.client.close();
  line.client.connect_anew(line.now);
  line.run();
  EXPECT_FALSE(line.client.is_connected());
}

TEST(SocketIoClient, NoticesASilentServer) {
  Line line{true};
  line.now += 45s;
  line.client.handle_timeout(line.now);
  const auto connected = line.client.poll_event();
  ASSERT_TRUE(connected);
  EXPECT_EQ(Line::describe(*connected), "disconnected 2");
}

TEST(SocketIoClient, SaysOnceThatTheServerCannotBeReached) {
  SeededRandom random{1};
  Instant now{1h};
  Client client{now, random, {}};
  std::vector<std::string> told;
  for (int i = 0; i < 20; ++i) {
    while (const auto action = client.poll_action()) {
      if (std::holds_alternative<OpenWebSocket>(action->what)) {
        client.handle_closed(now, action->attempt);
      } else if (const auto* sent = std::get_if<SendRequest>(&action->what)) {
        client.handle_response(now, action->attempt, sent->method, 0, {});
      }
    }
    while (const auto event = client.poll_event()) told.push_back(Line::describe(*event));
    now = *client.next_timeout();
    client.handle_timeout(now);
  }
  EXPECT_THAT(told, ElementsAre("disconnected 3"));
}

TEST(SocketIoClient, LeavesAServerThatBreaksTheRules) {
  const std::string open =
      R"(0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
  const std::vector<std::vector<std::string>> conversations = {
      {"4hello"},                                              // a message before the handshake
      {R"(0{"sid":"a b","pingInterval":1,"pingTimeout":1})"},  // would end in a request line
      {R"(0{"sid":"a","pingInterval":-1,"pingTimeout":1})"},
      {open, open},
      {open, "40{\"sid\":\"x\"}", "451-[\"e\",{\"_placeholder\":true,\"num\":0}]", "42[\"e\"]"},
      {open, "40{\"sid\":\"x\"}", "42{\"no\":\"array\"}"},
      {open, "40{\"sid\":\"x\"}", "45999-[\"e\"]"},
      {open, "40{\"sid\":\"x\"}", "9"},
  };
  for (const auto& conversation : conversations) {
    SCOPED_TRACE(conversation.back());
    SeededRandom random{1};
    const Instant now{1h};
    Client client{now, random, {}};
    const auto attempt = client.poll_action()->attempt;
    for (const std::string& text : conversation) {
      client.handle_message(now, attempt, MessageKind::Text, text);
    }
    EXPECT_FALSE(client.is_connected());
    bool closed = false;
    while (const auto action = client.poll_action()) {
      closed = closed || std::holds_alternative<CloseTransport>(action->what);
    }
    EXPECT_TRUE(closed);
    EXPECT_TRUE(client.next_timeout());  // and tries again
  }
}

TEST(SocketIoClient, ActionsOfAnOlderAttemptChangeNothing) {
  SeededRandom random{1};
  const Instant now{1h};
  Client client{now, random, {}};
  const auto first = client.poll_action()->attempt;
  client.handle_closed(now, first);
  client.handle_message(now, first, MessageKind::Text, "4hello");
  client.handle_closed(now, first);
  EXPECT_FALSE(client.poll_event());
}

}  // namespace
}  // namespace duet::socketio
