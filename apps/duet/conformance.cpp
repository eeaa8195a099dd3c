// SPDX-License-Identifier: MIT
// The applications of `duet serve --conformance`: what the published protocol suites talk to.
#include "conformance.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace duet::apps {
namespace {

/// From the answer to CONNECT to `auth`. The suites' clients wait for one message after another,
/// and miss the second of two that come together.
constexpr Duration kGreetingDelay = 10ms;

}  // namespace

socketio::EngineConfig conformance_engine() {
  return {.ping_interval = 300ms, .ping_timeout = 200ms};
}

void EchoApplication::settle(Instant now, socketio::EngineServer& engine) {
  while (const auto event = engine.poll_event()) {
    if (event->type != socketio::EngineEvent::Type::Message) continue;
    engine.send(now, event->session, event->kind, event->bytes);
  }
}

ConformanceApplication::ConformanceApplication(Random& random)
    : server_{{.namespaces = {"/", "/custom"}, .connect_timeout = 1s}, random} {}

void ConformanceApplication::settle(Instant now, socketio::EngineServer& engine) {
  while (const auto event = engine.poll_event()) {
    server_.handle_engine_event(now, engine, *event);
    while (const auto reported = server_.poll_event()) answer(now, engine, *reported);
  }
}

void ConformanceApplication::handle_timeout(Instant now, socketio::EngineServer& engine) {
  server_.handle_timeout(now, engine);
  while (!greetings_.empty() && greetings_.front().due <= now) {
    server_.send_event(now, engine, greetings_.front().socket, greetings_.front().payload);
    greetings_.pop_front();
  }
}

std::optional<Instant> ConformanceApplication::next_timeout() const {
  const auto server = server_.next_timeout();
  if (greetings_.empty()) return server;
  return std::min(server.value_or(Instant::max()), greetings_.front().due);
}

void ConformanceApplication::answer(Instant now, socketio::EngineServer& engine,
                                    const socketio::Event& event) {
  std::string payload = "[";
  if (event.type == socketio::Event::Type::Connected) {
    payload += R"("auth",)";
    payload += event.arguments.empty() ? "{}" : event.arguments;
    payload += ']';
    greetings_.push_back({now + kGreetingDelay, event.socket, std::move(payload)});
    return;
  }
  if (event.type != socketio::Event::Type::Received) return;
  if (event.name == "message-with-ack" && event.ack) {
    payload += event.arguments;
    payload += ']';
    return server_.send_ack(now, engine, event.socket, *event.ack, payload, event.attachments);
  }
  if (event.name != "message") return;
  payload += R"("message-back")";
  if (!event.arguments.empty()) payload += ',';
  payload += event.arguments;
  payload += ']';
  server_.send_event(now, engine, event.socket, payload, event.attachments);
}

}  // namespace duet::apps
