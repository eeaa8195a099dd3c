// SPDX-License-Identifier: MIT
// Which requests are let in: Engine.IO protocol, "Handshake", and the reference server's answers.
#include <duet/socketio/engine_server_impl.hpp>

namespace duet::socketio {

EngineServer::Impl::Admission EngineServer::Impl::admit(const EngineQuery& query,
                                                        const EngineRequest& request,
                                                        bool upgrade) {
  const auto no = [](EngineError error) { return Admission{.error = error}; };
  if (request.forbidden) return no(EngineError::Forbidden);
  if (!query.transport) return no(EngineError::TransportUnknown);
  const bool wants_websocket = *query.transport == Transport::WebSocket;

  if (query.has_sid) {
    const SessionId id = query.sid ? find(*query.sid) : SessionId{};
    const Session* session = sessions.find(id);
    if (session == nullptr) return no(EngineError::SessionIdUnknown);
    if (!query.version) return no(EngineError::UnsupportedProtocolVersion);
    if (*query.version != session->version) return no(EngineError::BadRequest);
    if (wants_websocket != upgrade) return no(EngineError::BadRequest);
    // A session that was upgraded, or began so, is not polled any more.
    if (!upgrade && !session->polling) return no(EngineError::BadRequest);
    if (upgrade && session->state != Session::State::Open) {
      return no(EngineError::SessionIdUnknown);
    }
    return {.session = id};
  }

  if (request.method != "GET") return no(EngineError::BadHandshakeMethod);
  if (wants_websocket != upgrade || query.wants_jsonp) return no(EngineError::BadRequest);
  if (!query.version) return no(EngineError::UnsupportedProtocolVersion);
  if (is_counted(request.source) && addresses.of(request.source) >= *config.sessions_per_address) {
    ++counters.refused_limit;
    return no(EngineError::Forbidden);
  }
  return {.is_new = true};
}

}  // namespace duet::socketio
