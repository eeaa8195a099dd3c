// SPDX-License-Identifier: MIT
// Sessions over HTTP long-polling: Engine.IO protocol, "HTTP long-polling".
#include <duet/base/ascii.hpp>
#include <duet/socketio/engine_payload.hpp>
#include <duet/socketio/engine_server_impl.hpp>

#include <utility>

namespace duet::socketio {
namespace {

constexpr std::string_view kBinaryType = "application/octet-stream";

/// The media type, without regard to case and parameters.
bool is_binary(std::string_view content_type) {
  return equal_ignoring_case(content_type.substr(0, kBinaryType.size()), kBinaryType);
}

}  // namespace

void EngineServer::Impl::open_polling(RequestId request_id, const EngineQuery& query,
                                      const EngineRequest& request) {
  const SessionId id = open(query, request);
  Session& session = *sessions.find(id);
  session.polling = std::make_unique<Polling>();
  ++counters.opened_polling;
  ++open_count(session);
  session.polling->poll = request_id;
  requests.emplace(request_id, id);
  start_heartbeat(id, session);
  // Not answered yet: what the application says right away goes into the same answer.
  transmit(id, session, {EnginePacketType::Open, MessageKind::Text, handshake(session)});
}

void EngineServer::Impl::refuse(RequestId request, EngineError error, int status) {
  ++counters.refused;
  outbox.respond_error(request, status, error);
}

void EngineServer::Impl::handle_poll(RequestId request, SessionId id, Session& session) {
  Polling& polling = *session.polling;
  if (session.state == Session::State::Leaving) {
    polling.poll = request;
    requests.emplace(request, id);
    return end(id, session, {.report = false});
  }
  if (polling.poll) {  // two polls at once
    refuse(request, EngineError::BadRequest);
    return end_for_error(id, session);
  }
  forget_answer(id, session);  // who asks again has it
  polling.poll = request;
  requests.emplace(request, id);
  list_flush(id, session);
}

void EngineServer::Impl::handle_post(RequestId request, SessionId id, Session& session,
                                     const EngineRequest& said) {
  if (session.state == Session::State::Leaving) return outbox.respond_ok(request);
  Polling& polling = *session.polling;
  if (polling.post) {  // two at once, and their order can't be known
    refuse(request, EngineError::BadRequest);
    return end_for_error(id, session);
  }
  if (said.body.size() > config.max_payload) {
    return refuse(request, EngineError::BadRequest, 413);
  }
  polling.post = request;
  requests.emplace(request, id);
  const auto kind = is_binary(said.content_type) ? MessageKind::Binary : MessageKind::Text;
  const auto payload = parse_payload(session.version, kind, said.body);
  if (!payload) return end_for_error(id, session);
  for (const EnginePacket& packet : payload->packets) {
    handle_packet(id, session, packet);
    if (session.state != Session::State::Open) return;
  }
  list_flush(id, session);
}

void EngineServer::Impl::answer_poll(SessionId id, Session& session) {
  Polling& polling = *session.polling;
  std::vector<EnginePacket> packets = polling.queue.packets();
  if (packets.empty()) packets.push_back({EnginePacketType::Noop, MessageKind::Text, {}});
  const std::size_t begin = outbox.begin();
  const auto kind = append_payload(outbox.arena(), session.version, session.support, packets);
  outbox.respond_payload(*polling.poll, kind, begin);
  requests.erase(*polling.poll);
  answers.insert_or_assign(*polling.poll, id);
  polling.answered = std::exchange(polling.poll, std::nullopt);
  polling.answer_unsent = outbox.begin() - begin;
  polling.queue.clear();
  note_taken(id, session);
}

/// The last answer is no longer on its way, or nobody is left to take it.
void EngineServer::Impl::forget_answer(SessionId id, Session& session) {
  Polling& polling = *session.polling;
  if (!polling.answered) return;
  // By now the connection may carry another session's.
  if (const auto found = answers.find(*polling.answered);
      found != answers.end() && found->second == id) {
    answers.erase(found);
  }
  polling.answered.reset();
  polling.answer_unsent = 0;
}

}  // namespace duet::socketio
