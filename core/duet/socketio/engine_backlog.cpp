// SPDX-License-Identifier: MIT
// What waits for a session to take it, and whom the server stops reading meanwhile.
#include <duet/socketio/engine_server_impl.hpp>

namespace duet::socketio {

void EngineServer::Impl::transmit(SessionId id, Session& session, const EnginePacket& packet) {
  if (session.polling) {
    session.polling->queue.push(packet);
    list_flush(id, session);
  } else {
    const std::size_t begin = outbox.begin();
    const auto kind = append_message(outbox.arena(), session.version, session.support, packet);
    outbox.send(session.websocket, kind, begin);
    session.unsent += outbox.begin() - begin;
  }
  update_congestion(id, session);
}

void EngineServer::Impl::note_taken(SessionId id, Session& session) {
  session.taken_at = now;
  update_congestion(id, session);
}

void EngineServer::Impl::update_congestion(SessionId id, Session& session) {
  const std::size_t most = session.congested ? config.high_water / 2 : config.high_water;
  const bool is_congested = session.backlog() > most;
  if (is_congested == session.congested) return;
  session.congested = is_congested;
  if (is_congested) session.taken_at = now;
  if (!session.congestion_listed) {
    session.congestion_listed = true;
    congestion_changes.push_back(id);
  }
  // Who doesn't read its answers is not asked for more questions either.
  apply_hold(id, session);
}

void EngineServer::Impl::apply_hold(SessionId id, Session& session) {
  const bool is_held = session.is_held();
  if (!session.polling && session.websocket_paused != is_held) {
    session.websocket_paused = is_held;
    outbox.set_paused(session.websocket, is_held);
  }
  if (!is_held) {
    if (session.awaits_client) session.deadline = now + patience(session);
    if (session.polling) list_flush(id, session);
  }
  schedule(id, session);
}

}  // namespace duet::socketio
