// SPDX-License-Identifier: MIT
// What a session's packets do, and how sessions end.
#include <duet/socketio/engine_payload.hpp>
#include <duet/socketio/engine_server_impl.hpp>

namespace duet::socketio {
namespace {

/// A pong repeats its ping's data (Engine.IO protocol 3), of which clients send five bytes.
constexpr std::size_t kMaxPongData = 125;

}  // namespace

void EngineServer::Impl::handle_packet(SessionId id, Session& session, const EnginePacket& packet) {
  const bool is_v3 = session.version == EngineVersion::V3;
  switch (packet.type) {
    case EnginePacketType::Message:
      handle_sign_of_life(id, session, packet.type);
      ++counters.messages_in;
      inbox.push({.type = EngineEvent::Type::Message,
                  .session = id,
                  .kind = packet.kind,
                  .bytes = packet.data});
      return;
    case EnginePacketType::Ping:
      if (!is_v3 || packet.data.size() > kMaxPongData) return end_for_error(id, session);
      handle_sign_of_life(id, session, packet.type);
      return transmit(id, session, {EnginePacketType::Pong, MessageKind::Text, packet.data});
    case EnginePacketType::Pong:
      if (is_v3) return end_for_error(id, session);
      return handle_sign_of_life(id, session, packet.type);
    case EnginePacketType::Close:
      return end(id, session, {.last_word = EnginePacketType::Noop});
    case EnginePacketType::Open:
    case EnginePacketType::Upgrade:
    case EnginePacketType::Noop:
      return handle_sign_of_life(id, session, packet.type);  // they ask for nothing here
  }
}

/// Answers the requests that wait, a poll with what is queued and the last word.
void EngineServer::Impl::answer_waiting(SessionId id, Session& session, const Ending& ending) {
  Polling& polling = *session.polling;
  if (polling.post) {
    if (ending.post_status == 200) {
      outbox.respond_ok(*polling.post);
    } else {
      outbox.respond_error(*polling.post, ending.post_status, EngineError::BadRequest);
    }
    requests.erase(*polling.post);
    polling.post.reset();
  }
  if (!polling.poll) return;
  polling.queue.push({ending.last_word, MessageKind::Text, {}});
  answer_poll(id, session);
}

void EngineServer::Impl::end(SessionId id, Session& session, const Ending& ending) {
  if (session.state == Session::State::Open) --open_count(session);
  session.state = Session::State::Closed;
  if (session.polling) {
    answer_waiting(id, session, ending);
    cancel_upgrade(session, ending.close_code);
    forget_answer(id, session);
  } else if (websockets.erase(session.websocket) > 0) {
    outbox.close(session.websocket, ending.close_code);
  }
  if (is_counted(session.source)) addresses.remove(session.source);
  sids.erase(sids.find(*session.sid));
  session.sid = nullptr;
  session.polling.reset();
  if (!ending.report) return sessions.erase(id);
  inbox.push({.type = EngineEvent::Type::Closed, .session = id});
}

void EngineServer::Impl::end_for_error(SessionId id, Session& session, bool report) {
  ++counters.parse_errors;
  end(id, session, {.post_status = 400, .close_code = kCloseProtocolError, .report = report});
}

/// Closed by the application. Over long-polling, the next poll hears so if none waits now.
void EngineServer::Impl::leave(SessionId id, Session& session) {
  if (!session.polling || session.polling->poll) return end(id, session, {.report = false});
  --open_count(session);
  session.state = Session::State::Leaving;
  answer_waiting(id, session, {});
  cancel_upgrade(session, kCloseNormal);
  session.deadline = now + kFarewell;
  schedule(id, session);
}

}  // namespace duet::socketio
