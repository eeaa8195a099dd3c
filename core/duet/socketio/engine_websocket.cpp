// SPDX-License-Identifier: MIT
// Sessions over WebSocket, and the way there from long-polling: Engine.IO protocol, "Upgrade".
#include <duet/socketio/engine_payload.hpp>
#include <duet/socketio/engine_server_impl.hpp>

#include <array>
#include <utility>

namespace duet::socketio {
namespace {

constexpr std::string_view kProbe = "probe";

}  // namespace

void EngineServer::Impl::open_websocket(WebSocketId websocket, const EngineQuery& query,
                                        const EngineRequest& request) {
  const SessionId id = open(query, request);
  Session& session = *sessions.find(id);
  session.websocket = websocket;
  ++counters.opened_websocket;
  ++open_count(session);
  websockets.emplace(websocket, id);
  start_heartbeat(id, session);
  transmit(id, session, {EnginePacketType::Open, MessageKind::Text, handshake(session)});
}

void EngineServer::Impl::open_probe(WebSocketId websocket, SessionId id, Session& session,
                                    const EngineQuery& query) {
  if (!session.polling || session.polling->probe) {
    // Upgraded, or about to be. It is let in and closed rather than refused: clients report an
    // answer other than 101 as a failure, and this one is only late.
    ++counters.refused;
    return outbox.close(websocket, kCloseNormal);
  }
  if (query.support == BinarySupport::Base64) session.support = BinarySupport::Base64;
  session.polling->probe = websocket;
  session.polling->upgrade_deadline = now + kUpgradeTimeout;
  websockets.emplace(websocket, id);
  schedule(id, session);
}

void EngineServer::Impl::handle_probe(SessionId id, Session& session, const EnginePacket& packet) {
  Polling& polling = *session.polling;
  if (packet.type == EnginePacketType::Upgrade) return upgrade(id, session);
  if (packet.type != EnginePacketType::Ping || packet.data != kProbe || polling.probed) {
    return cancel_upgrade(session, kCloseProtocolError);
  }
  const std::size_t begin = outbox.begin();
  const auto kind = append_message(outbox.arena(), session.version, session.support,
                                   {EnginePacketType::Pong, MessageKind::Text, kProbe});
  polling.probe_unsent += outbox.begin() - begin;
  outbox.send(*polling.probe, kind, begin);
  polling.probed = true;
  list_flush(id, session);  // a poll that waits is answered, so that the client can let it go
}

void EngineServer::Impl::upgrade(SessionId id, Session& session) {
  ++counters.upgraded;
  forget_answer(id, session);
  --open_count(session);
  const std::unique_ptr<Polling> polling = std::move(session.polling);
  ++open_count(session);
  session.websocket = *polling->probe;
  session.unsent = polling->probe_unsent;
  if (polling->poll) {
    const std::size_t begin = outbox.begin();
    const std::array noop = {EnginePacket{EnginePacketType::Noop, MessageKind::Text, {}}};
    const auto kind = append_payload(outbox.arena(), session.version, session.support, noop);
    outbox.respond_payload(*polling->poll, kind, begin);
    requests.erase(*polling->poll);
  }
  if (polling->post) {
    outbox.respond_ok(*polling->post);
    requests.erase(*polling->post);
  }
  for (const EnginePacket& packet : polling->queue.packets()) transmit(id, session, packet);
  apply_hold(id, session);
}

void EngineServer::Impl::cancel_upgrade(Session& session, std::uint16_t close_code) {
  Polling& polling = *session.polling;
  if (!polling.probe) return;
  if (websockets.erase(*polling.probe) > 0) outbox.close(*polling.probe, close_code);
  polling.probe.reset();
  polling.probed = false;
  polling.probe_unsent = 0;
}

}  // namespace duet::socketio
