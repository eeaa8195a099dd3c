// SPDX-License-Identifier: MIT
// The applications of `duet serve --conformance`: what the published protocol suites talk to.
#include "conformance.hpp"

#include <string>

namespace duet::apps {

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
}

void ConformanceApplication::answer(Instant now, socketio::EngineServer& engine,
                                    const socketio::Event& event) {
  std::string payload = "[";
  if (event.type == socketio::Event::Type::Connected) {
    payload += R"("auth",)";
    payload += event.arguments.empty() ? "{}" : event.arguments;
    payload += ']';
    return server_.send_event(now, engine, event.socket, payload);
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
