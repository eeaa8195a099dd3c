// SPDX-License-Identifier: MIT
// The room protocol on an Engine.IO endpoint.
#include <duet/room/application.hpp>

#include <algorithm>
#include <utility>

namespace duet::room {

SignalingApplication::SignalingApplication(Config config, Random& random)
    : server_{std::move(config.server), random},
      seats_{config.seats, random},
      signaling_{seats_, random, std::move(config.ice)} {}

void SignalingApplication::settle(Instant now, socketio::EngineServer& engine) {
  do {
    while (const auto event = engine.poll_event()) {
      server_.handle_engine_event(now, engine, *event);
      take_events(now, engine);
    }
  } while (take_congestion(now, engine));
}

void SignalingApplication::handle_timeout(Instant now, socketio::EngineServer& engine) {
  server_.handle_timeout(now, engine);
  take_events(now, engine);
  signaling_.handle_timeout(now);
  take_emits(now, engine);
}

std::optional<Instant> SignalingApplication::next_timeout() const {
  const auto server = server_.next_timeout();
  const auto signaling = signaling_.next_timeout();
  if (!server || !signaling) return server ? server : signaling;
  return std::min(*server, *signaling);
}

void SignalingApplication::drain(Instant now, socketio::EngineServer& engine) {
  signaling_.drain();
  take_emits(now, engine);
}

void SignalingApplication::take_events(Instant now, socketio::EngineServer& engine) {
  while (const auto event = server_.poll_event()) {
    if (event->type == socketio::Event::Type::Disconnected) congested_.erase(event->socket);
    signaling_.handle_event(now, *event);
    take_emits(now, engine);
  }
}

void SignalingApplication::take_emits(Instant now, socketio::EngineServer& engine) {
  while (const auto emit = signaling_.poll_emit()) {
    if (emit->ack) {
      server_.send_ack(now, engine, emit->to, *emit->ack, emit->payload, emit->attachments);
    } else {
      server_.send_event(now, engine, emit->to, emit->payload, emit->attachments);
    }
    // Only what is sent makes a session congested, so this is where it is noticed.
    if (is_congested(engine, emit->to) && congested_.insert(emit->to).second) {
      signaling_.set_congested(emit->to, true);
    }
  }
  while (const auto flow = signaling_.poll_flow()) {
    flow->paused ? server_.pause(now, engine, flow->socket)
                 : server_.resume(now, engine, flow->socket);
  }
}

/// Notices what is over, and says whether anything was. The engine names sessions; the sockets
/// concerned are found by asking again for the few that are congested.
bool SignalingApplication::take_congestion(Instant now, socketio::EngineServer& engine) {
  if (!engine.poll_congestion_change()) return false;
  while (engine.poll_congestion_change()) {
  }
  for (auto at = congested_.begin(); at != congested_.end();) {
    if (is_congested(engine, *at)) {
      ++at;
      continue;
    }
    signaling_.set_congested(*at, false);
    at = congested_.erase(at);
  }
  take_emits(now, engine);
  return true;
}

bool SignalingApplication::is_congested(const socketio::EngineServer& engine,
                                        socketio::SocketId socket) const {
  const auto session = server_.session_of(socket);
  return session && engine.is_congested(*session);
}

}  // namespace duet::room
