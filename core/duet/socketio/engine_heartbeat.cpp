// SPDX-License-Identifier: MIT
// Everything that happens to a session because time passes: Engine.IO protocol, "Heartbeat".
#include <duet/socketio/engine_server_impl.hpp>

#include <algorithm>

namespace duet::socketio {

void EngineServer::Impl::start_heartbeat(SessionId id, Session& session) {
  // Version 3: the client pings. Version 4: the server does.
  session.awaits_client = session.version == EngineVersion::V3;
  session.deadline = now + (session.awaits_client ? patience(session) : config.ping_interval);
  schedule(id, session);
}

/// How long a session may be silent that is expected to speak.
Duration EngineServer::Impl::patience(const Session& session) const {
  const Duration interval = session.version == EngineVersion::V3 ? config.ping_interval : 0s;
  return interval + config.ping_timeout - kClockGrain;
}

void EngineServer::Impl::handle_sign_of_life(SessionId id, Session& session,
                                             EnginePacketType type) {
  if (!session.awaits_client) return;
  if (type == EnginePacketType::Pong) {
    session.awaits_client = false;
    session.deadline = now + config.ping_interval;
    return schedule(id, session);
  }
  // Its answer may be under way behind what it is just sending.
  session.deadline = std::max(session.deadline, now + patience(session));
}

Instant EngineServer::Impl::next_deadline(const Session& session) const {
  if (session.state == Session::State::Closed) return kNever;
  if (session.state == Session::State::Leaving) return session.deadline;
  Instant next = session.awaits_client && session.is_held() ? kNever : session.deadline;
  if (session.congested) next = std::min(next, session.taken_at + config.stall_timeout);
  if (session.polling && session.polling->probe) {
    next = std::min(next, session.polling->upgrade_deadline);
  }
  return next;
}

/// Sees to it that the queue has an entry no later than the session's next deadline. A deadline
/// that moves away leaves its entry behind, which is looked at and thrown away.
void EngineServer::Impl::schedule(SessionId id, Session& session) {
  const Instant next = next_deadline(session);
  if (next >= session.timer) return;
  session.timer = next;
  timers.push(next, id, [&](SessionId key) { return sessions.find(key) != nullptr; });
}

void EngineServer::Impl::run_timers() {
  while (const auto id = timers.pop(now)) {
    Session* session = sessions.find(*id);
    if (session == nullptr || session->timer > now) continue;  // a stale entry
    session->timer = kNever;
    expire(*id, *session);
    session = sessions.find(*id);
    if (session != nullptr) schedule(*id, *session);
  }
}

void EngineServer::Impl::expire(SessionId id, Session& session) {
  if (session.state == Session::State::Leaving) {
    if (now >= session.deadline) end(id, session, {.report = false});
    return;
  }
  if (session.state == Session::State::Closed) return;
  const bool is_late =
      session.polling && session.polling->probe && now >= session.polling->upgrade_deadline;
  if (is_late) cancel_upgrade(session, kClosePolicy);
  if (session.congested && now >= session.taken_at + config.stall_timeout) {
    ++counters.stalled;
    return end(id, session, {.post_status = 400, .close_code = kClosePolicy});
  }
  if (now >= session.deadline) handle_heartbeat_deadline(id, session);
}

void EngineServer::Impl::handle_heartbeat_deadline(SessionId id, Session& session) {
  if (session.awaits_client) {
    if (session.is_held()) return;  // its answer may be unread
    ++counters.heartbeat_lost;
    return end(id, session, {.post_status = 400, .close_code = kCloseGoingAway});
  }
  // The client counts from when the ping was due, unless we ourselves were away.
  const bool is_prompt = now - session.deadline <= config.ping_timeout / 2;
  session.deadline = (is_prompt ? session.deadline : now) + patience(session);
  session.awaits_client = true;
  transmit(id, session, {EnginePacketType::Ping, MessageKind::Text, {}});
}

}  // namespace duet::socketio
