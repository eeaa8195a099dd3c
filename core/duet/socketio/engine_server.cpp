// SPDX-License-Identifier: MIT
// The Engine.IO endpoint: its public face, and its tables.
#include <duet/socketio/engine_server_impl.hpp>

#include <algorithm>
#include <utility>

namespace duet::socketio {

std::string_view to_json(EngineError error) {
  switch (error) {
    case EngineError::TransportUnknown:
      return R"({"code":0,"message":"Transport unknown"})";
    case EngineError::SessionIdUnknown:
      return R"({"code":1,"message":"Session ID unknown"})";
    case EngineError::BadHandshakeMethod:
      return R"({"code":2,"message":"Bad handshake method"})";
    case EngineError::BadRequest:
      return R"({"code":3,"message":"Bad request"})";
    case EngineError::Forbidden:
      return R"({"code":4,"message":"Forbidden"})";
    case EngineError::UnsupportedProtocolVersion:
      break;
  }
  return R"({"code":5,"message":"Unsupported protocol version"})";
}

EngineServer::EngineServer(EngineConfig config, Random& random)
    : impl_{std::make_unique<Impl>(config, random)} {}

EngineServer::~EngineServer() = default;

EngineServer::EngineServer(EngineServer&&) noexcept = default;

void EngineServer::handle_request(Instant now, RequestId id, const EngineRequest& request) {
  impl_->begin_input(now);
  const EngineQuery query = EngineQuery::parse(request.query);
  const Impl::Admission admission = impl_->admit(query, request, false);
  if (admission.error) {
    const int status = *admission.error == EngineError::Forbidden ? 403 : 400;
    return impl_->refuse(id, *admission.error, status);
  }
  if (admission.is_new) return impl_->open_polling(id, query, request);
  Session& session = *impl_->sessions.find(admission.session);
  if (request.method == "GET") return impl_->handle_poll(id, admission.session, session);
  if (request.method != "POST") return impl_->refuse(id, EngineError::BadRequest);
  impl_->handle_post(id, admission.session, session, request);
}

void EngineServer::handle_request_aborted(Instant now, RequestId id) {
  impl_->begin_input(now);
  impl_->outbox.forget(id);
  SessionId session_id{};
  if (const auto waiting = impl_->requests.find(id); waiting != impl_->requests.end()) {
    session_id = waiting->second;
    impl_->requests.erase(waiting);
  } else if (const auto answered = impl_->answers.find(id); answered != impl_->answers.end()) {
    session_id = answered->second;
  } else {
    return;
  }
  Session& session = *impl_->sessions.find(session_id);
  if (session.polling->poll == id) session.polling->poll.reset();
  if (session.polling->post == id) session.polling->post.reset();
  impl_->end(session_id, session,
             {.post_status = 400, .report = session.state == Session::State::Open});
}

void EngineServer::handle_response_sent(Instant now, RequestId id, std::size_t bytes) {
  impl_->begin_input(now);
  const auto found = impl_->answers.find(id);
  if (found == impl_->answers.end()) return;
  const SessionId session_id = found->second;
  Session& session = *impl_->sessions.find(session_id);
  session.polling->answer_unsent -= std::min(session.polling->answer_unsent, bytes);
  if (session.polling->answer_unsent == 0) impl_->forget_answer(session_id, session);
  impl_->note_taken(session_id, session);
}

std::optional<EngineError> EngineServer::handle_websocket_opening(Instant now, WebSocketId id,
                                                                  const EngineRequest& request) {
  impl_->begin_input(now);
  const EngineQuery query = EngineQuery::parse(request.query);
  const Impl::Admission admission = impl_->admit(query, request, true);
  if (admission.error) {
    ++impl_->counters.refused;
    return admission.error;
  }
  if (admission.is_new) {
    impl_->open_websocket(id, query, request);
  } else {
    impl_->open_probe(id, admission.session, *impl_->sessions.find(admission.session), query);
  }
  return std::nullopt;
}

void EngineServer::handle_websocket_message(Instant now, WebSocketId id, MessageKind kind,
                                            std::string_view bytes) {
  impl_->begin_input(now);
  const auto found = impl_->websockets.find(id);
  if (found == impl_->websockets.end()) return;
  const SessionId session_id = found->second;
  Session& session = *impl_->sessions.find(session_id);
  impl_->decoded.clear();
  const auto packet = parse_message(session.version, kind, bytes, impl_->decoded);
  const bool is_probe = session.polling != nullptr;
  if (is_probe && !packet) return impl_->cancel_upgrade(session, kCloseProtocolError);
  if (is_probe) return impl_->handle_probe(session_id, session, *packet);
  if (!packet) return impl_->end_for_error(session_id, session);
  impl_->handle_packet(session_id, session, *packet);
}

void EngineServer::handle_websocket_closed(Instant now, WebSocketId id) {
  // Before any timer: what is due must not be said to a WebSocket that is gone.
  impl_->lose_websocket(now, id);
  impl_->run_timers();
}

void EngineServer::handle_websocket_sent(Instant now, WebSocketId id, std::size_t bytes) {
  impl_->begin_input(now);
  const auto found = impl_->websockets.find(id);
  if (found == impl_->websockets.end()) return;
  Session& session = *impl_->sessions.find(found->second);
  std::size_t& unsent = session.polling ? session.polling->probe_unsent : session.unsent;
  unsent -= std::min(unsent, bytes);
  if (!session.polling) impl_->note_taken(found->second, session);
}

void EngineServer::handle_timeout(Instant now) { impl_->begin_input(now); }

std::optional<Instant> EngineServer::next_timeout() const { return impl_->timers.next(); }

bool EngineServer::has_output() const {
  return !impl_->inbox.empty() || !impl_->outbox.empty() || !impl_->unflushed.empty() ||
         !impl_->congestion_changes.empty();
}

std::optional<EngineEvent> EngineServer::poll_event() {
  while (const auto event = impl_->inbox.poll()) {
    const Session* session = impl_->sessions.find(event->session);
    if (session == nullptr) continue;  // closed by the application meanwhile
    if (session->state == Session::State::Leaving) continue;
    if (event->type == EngineEvent::Type::Closed) impl_->sessions.erase(event->session);
    return event;
  }
  return std::nullopt;
}

std::optional<EngineTransmit> EngineServer::poll_transmit() {
  if (impl_->outbox.empty()) impl_->flush();
  return impl_->outbox.poll();
}

void EngineServer::send(Instant now, SessionId id, MessageKind kind, std::string_view bytes) {
  impl_->now = std::max(impl_->now, now);
  Session* session = impl_->find_open(id);
  if (session == nullptr) return;
  ++impl_->counters.messages_out;
  impl_->transmit(id, *session, {EnginePacketType::Message, kind, bytes});
}

void EngineServer::close(Instant now, SessionId id) {
  impl_->now = std::max(impl_->now, now);
  Session* session = impl_->sessions.find(id);
  if (session == nullptr) return;
  if (session->state == Session::State::Closed) return impl_->sessions.erase(id);
  if (session->state == Session::State::Open) impl_->leave(id, *session);
}

void EngineServer::close_for_error(Instant now, SessionId id) {
  impl_->now = std::max(impl_->now, now);
  Session* session = impl_->sessions.find(id);
  if (session == nullptr) return;
  if (session->state == Session::State::Closed) return impl_->sessions.erase(id);
  if (session->state == Session::State::Open) impl_->end_for_error(id, *session, false);
}

void EngineServer::pause(Instant now, SessionId id) {
  impl_->now = std::max(impl_->now, now);
  Session* session = impl_->find_open(id);
  if (session == nullptr || session->paused) return;
  session->paused = true;
  impl_->apply_hold(id, *session);
}

void EngineServer::resume(Instant now, SessionId id) {
  impl_->now = std::max(impl_->now, now);
  Session* session = impl_->find_open(id);
  if (session == nullptr || !session->paused) return;
  session->paused = false;
  impl_->apply_hold(id, *session);
}

std::size_t EngineServer::backlog(SessionId id) const {
  const Session* session = impl_->find_open(id);
  return session == nullptr ? 0 : session->backlog();
}

bool EngineServer::is_congested(SessionId id) const {
  const Session* session = impl_->find_open(id);
  return session != nullptr && session->congested;
}

std::optional<SessionId> EngineServer::poll_congestion_change() {
  auto& changes = impl_->congestion_changes;
  while (!changes.empty()) {
    const SessionId id = changes.back();
    changes.pop_back();
    Session* session = impl_->find_open(id);
    if (session == nullptr) continue;
    session->congestion_listed = false;
    if (session->congested == session->congestion_told) continue;  // and back again meanwhile
    session->congestion_told = session->congested;
    return id;
  }
  return std::nullopt;
}

IpAddress EngineServer::source_of(SessionId id) const {
  const Session* session = impl_->sessions.find(id);
  return session == nullptr ? IpAddress{} : session->source;
}

std::shared_ptr<const Authority> EngineServer::authority_of(SessionId id) const {
  const Session* session = impl_->sessions.find(id);
  return session == nullptr ? nullptr : session->authority;
}

std::size_t EngineServer::session_count() const {
  std::size_t count = 0;
  for (const auto& transports : impl_->open_counts) count += transports[0] + transports[1];
  return count;
}

std::size_t EngineServer::session_count(EngineVersion version, Transport transport) const {
  return impl_->open_counts.at(version == EngineVersion::V4 ? 1 : 0)
      .at(static_cast<std::size_t>(transport));
}

const EngineCounters& EngineServer::counters() const { return impl_->counters; }

void EngineServer::Impl::begin_input(Instant at) {
  now = std::max(now, at);
  inbox.recycle();
  run_timers();
}

void EngineServer::Impl::lose_websocket(Instant at, WebSocketId websocket) {
  now = std::max(now, at);
  inbox.recycle();
  const auto found = websockets.find(websocket);
  if (found == websockets.end()) return;
  const SessionId id = found->second;
  websockets.erase(found);
  Session& session = *sessions.find(id);
  if (session.polling) return cancel_upgrade(session, kCloseNormal);
  end(id, session, {});
}

std::size_t& EngineServer::Impl::open_count(const Session& session) {
  return open_counts.at(session.version == EngineVersion::V4 ? 1 : 0)
      .at(static_cast<std::size_t>(session.transport()));
}

Session* EngineServer::Impl::find_open(SessionId id) {
  Session* session = sessions.find(id);
  const bool is_open = session != nullptr && session->state == Session::State::Open;
  return is_open ? session : nullptr;
}

SessionId EngineServer::Impl::find(const Sid& sid) const {
  const auto found = sids.find(sid);
  return found == sids.end() ? SessionId{} : found->second;
}

SessionId EngineServer::Impl::open(const EngineQuery& query, const EngineRequest& request) {
  const std::string name = random_name(random);
  Sid sid{};
  std::copy_n(name.begin(), sid.size(), sid.begin());
  const SessionId id = sessions.insert();
  const auto [entry, is_new] = sids.emplace(sid, id);
  DUET_CHECK(is_new);
  Session& session = *sessions.find(id);
  session.sid = &entry->first;
  session.source = request.source;
  session.authority = request.authority;
  session.version = *query.version;
  session.support = query.support;
  session.timer = kNever;
  if (is_counted(request.source)) addresses.add(request.source);
  inbox.push({.type = EngineEvent::Type::Opened,
              .session = id,
              .version = session.version,
              .source = request.source});
  return id;
}

/// Engine.IO protocol, "Handshake": the keys in the order of the reference server.
std::string EngineServer::Impl::handshake(const Session& session) const {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto in_ms = [](Duration d) {
    return std::to_string(duration_cast<milliseconds>(d).count());
  };
  std::string out = R"({"sid":")";
  out.append(session.sid->data(), session.sid->size());
  out += session.polling ? R"(","upgrades":["websocket"])" : R"(","upgrades":[])";
  out += R"(,"pingInterval":)" + in_ms(config.ping_interval);
  out += R"(,"pingTimeout":)" + in_ms(config.ping_timeout);
  out += R"(,"maxPayload":)" + std::to_string(config.max_payload) + "}";
  return out;
}

void EngineServer::Impl::flush() {
  while (!unflushed.empty()) {  // an answer may end a hold, and so list its session again
    const SessionId id = unflushed.back();
    unflushed.pop_back();
    Session* session = find_open(id);
    if (session == nullptr) continue;
    session->flush_listed = false;
    if (!session->polling) continue;
    Polling& polling = *session->polling;
    if (polling.post && !session->is_held()) {
      outbox.respond_ok(*polling.post);
      requests.erase(*polling.post);
      polling.post.reset();
    }
    if (polling.poll && (polling.probed || !polling.queue.empty())) answer_poll(id, *session);
  }
}

void EngineServer::Impl::list_flush(SessionId id, Session& session) {
  if (session.flush_listed) return;
  session.flush_listed = true;
  unflushed.push_back(id);
}

}  // namespace duet::socketio
