// SPDX-License-Identifier: MIT
// The applications of `duet serve --conformance`: what the published protocol suites talk to.
#pragma once

#include <duet/base/random.hpp>
#include <duet/socketio/application.hpp>
#include <duet/socketio/server.hpp>

#include <deque>
#include <optional>
#include <string>

namespace duet::apps {

/// Pings every 300 ms and gives up 200 ms later, as the suites expect.
socketio::EngineConfig conformance_engine();

/// The suites' WebSocket clients listen for messages only once they have seen the handshake's
/// answer (http::ServerConfig::first_message_delay): on a loaded machine that took some over 10 ms.
inline constexpr Duration kConformanceFirstMessage = 50ms;

/// Sends each Engine.IO message back as it came.
class EchoApplication final : public socketio::Application {
 public:
  void settle(Instant now, socketio::EngineServer& engine) override;

  void handle_timeout(Instant, socketio::EngineServer&) override {}

  std::optional<Instant> next_timeout() const override { return std::nullopt; }
};

/// Namespaces / and /custom: shortly after connect `auth` with the CONNECT payload; in / also
/// `message` answered by `message-back`, and `message-with-ack` acknowledged, with the same
/// arguments.
class ConformanceApplication final : public socketio::Application {
 public:
  explicit ConformanceApplication(Random& random);

  void settle(Instant now, socketio::EngineServer& engine) override;
  void handle_timeout(Instant now, socketio::EngineServer& engine) override;

  std::optional<Instant> next_timeout() const override;

 private:
  /// An `auth` that waits for its time.
  struct Greeting {
    Instant due;
    socketio::SocketId socket;
    std::string payload;
  };

  void answer(Instant now, socketio::EngineServer& engine, const socketio::Event& event);

  socketio::Server server_;
  std::deque<Greeting> greetings_;  // the earliest first
};

}  // namespace duet::apps
