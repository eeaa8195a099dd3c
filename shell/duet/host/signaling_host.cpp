// SPDX-License-Identifier: MIT
// Drives one Engine.IO endpoint from HTTP requests and WebSockets.
#include <duet/host/signaling_host.hpp>
#include <duet/log/log.hpp>

#include <algorithm>
#include <utility>

namespace duet::host {
namespace {

using socketio::EngineError;
using socketio::EngineTransmit;
using socketio::MessageKind;
using socketio::RequestId;
using socketio::WebSocketId;

// RFC 6455 §7.4.1, as EngineTransmit::close_code uses them.
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kPolicyViolation = 1008;

// A connection has at most one request waiting, or is one WebSocket: its handle names both.
RequestId request_id(http::ConnectionId id) { return RequestId{id.value()}; }

WebSocketId websocket_id(http::ConnectionId id) { return WebSocketId{id.value()}; }

http::ConnectionId connection_id(RequestId id) { return http::ConnectionId{id.value()}; }

http::ConnectionId connection_id(WebSocketId id) { return http::ConnectionId{id.value()}; }

http::Response error_response(EngineError error) {
  http::Response response;
  response.status = error == EngineError::Forbidden ? 403 : 400;
  response.set("Content-Type", "application/json");
  response.body = socketio::to_json(error);
  return response;
}

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return is_alphanumeric || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

/// The first subprotocol that the client offers, as the reference server takes it: clients that
/// offer some give up where none is taken (RFC 6455 §4.1). Empty if there is none.
std::string_view subprotocol_of(const http::Request& request) {
  std::string_view first = request.header("Sec-WebSocket-Protocol");
  first = first.substr(0, first.find(','));
  while (first.ends_with(' ') || first.ends_with('\t')) first.remove_suffix(1);
  return is_token(first) ? first : std::string_view{};
}

}  // namespace

SignalingHost::SignalingHost(net::EventLoop& loop, http::Server& server,
                             socketio::EngineServer& engine, socketio::Application& application,
                             const CorsPolicy& cors)
    : loop_{loop},
      server_{server},
      engine_{engine},
      application_{application},
      cors_{cors},
      timer_{loop, [this] { handle_timeout(); }} {}

socketio::EngineRequest SignalingHost::to_engine(const http::Request& request,
                                                 const Client& client) {
  return {.method = request.method,
          .query = request.query,
          .content_type = request.header("Content-Type"),
          .body = request.body,
          .forbidden = !cors_.allows(request),
          .source = client.shared ? IpAddress{} : client.address,
          .authority = reaches_.of(request, client)};
}

void SignalingHost::handle_request(http::ConnectionId id, const http::Request& request,
                                   const Client& client) {
  if (request.method == "OPTIONS" && cors_.allows(request)) {
    return server_.respond(id, cors_.preflight(request));
  }
  if (Headers headers = cors_.headers(request); !headers.empty()) {
    cors_headers_.insert_or_assign(id, std::move(headers));
  }
  const Instant now = loop_.now();
  engine_.handle_request(now, request_id(id), to_engine(request, client));
  settle(now);
}

void SignalingHost::handle_request_aborted(http::ConnectionId id) {
  cors_headers_.erase(id);
  const Instant now = loop_.now();
  engine_.handle_request_aborted(now, request_id(id));
  settle(now);
}

void SignalingHost::handle_response_sent(http::ConnectionId id, std::size_t bytes) {
  const Instant now = loop_.now();
  engine_.handle_response_sent(now, request_id(id), bytes);
  settle(now);
}

http::UpgradeAnswer SignalingHost::handle_websocket_opening(http::ConnectionId id,
                                                            const http::Request& request,
                                                            const Client& client) {
  http::UpgradeAnswer answer;
  answer.headers = cors_.headers(request);
  const auto error =
      engine_.handle_websocket_opening(loop_.now(), websocket_id(id), to_engine(request, client));
  if (error) {
    DUET_DEBUG(Sig, "WebSocket refused", {"client", log::address(client.address)},
               {"answer", socketio::to_json(*error)});
    answer.refusal = error_response(*error);
    std::move(answer.headers.begin(), answer.headers.end(),
              std::back_inserter(answer.refusal.headers));
  } else {
    answer.service = this;
    if (const auto subprotocol = subprotocol_of(request); !subprotocol.empty()) {
      answer.headers.emplace_back("Sec-WebSocket-Protocol", subprotocol);
    }
  }
  return answer;
}

void SignalingHost::handle_websocket_opened(http::ConnectionId) { settle(loop_.now()); }

void SignalingHost::handle_websocket_message(http::ConnectionId id, bool text,
                                             std::string_view bytes) {
  const Instant now = loop_.now();
  engine_.handle_websocket_message(now, websocket_id(id),
                                   text ? MessageKind::Text : MessageKind::Binary, bytes);
  settle(now);
}

void SignalingHost::handle_websocket_sent(http::ConnectionId id, std::size_t bytes) {
  const Instant now = loop_.now();
  engine_.handle_websocket_sent(now, websocket_id(id), bytes);
  if (engine_.has_output()) settle(now);  // as a rule nobody waited for it
}

void SignalingHost::handle_websocket_closed(http::ConnectionId id) {
  const Instant now = loop_.now();
  engine_.handle_websocket_closed(now, websocket_id(id));
  settle(now);
}

void SignalingHost::settle(Instant now) {
  application_.settle(now, engine_);
  while (const auto transmit = engine_.poll_transmit()) carry_out(*transmit);
  arm_timer();
}

void SignalingHost::carry_out(const EngineTransmit& transmit) {
  switch (transmit.action) {
    case EngineTransmit::Action::Respond:
      return respond(transmit);
    case EngineTransmit::Action::Send:
      return server_.send_message(connection_id(transmit.websocket),
                                  transmit.kind == MessageKind::Text, transmit.bytes);
    case EngineTransmit::Action::CloseWebSocket:
      return close(transmit);
    case EngineTransmit::Action::PauseWebSocket:
      return server_.pause(connection_id(transmit.websocket));
    case EngineTransmit::Action::ResumeWebSocket:
      return server_.resume(connection_id(transmit.websocket));
  }
}

void SignalingHost::close(const EngineTransmit& transmit) {
  const http::ConnectionId id = connection_id(transmit.websocket);
  // Of these two causes nobody takes what is queued.
  const bool is_deaf = transmit.close_code == kGoingAway || transmit.close_code == kPolicyViolation;
  if (is_deaf) return server_.drop_websocket(id, transmit.close_code);
  server_.close_websocket(id, transmit.close_code);
}

void SignalingHost::respond(const EngineTransmit& transmit) {
  const http::ConnectionId id = connection_id(transmit.request);
  http::Response response;
  response.status = transmit.status;
  response.set("Content-Type", transmit.content_type);
  response.set("Cache-Control", "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.view = transmit.bytes;
  if (const auto found = cors_headers_.find(id); found != cors_headers_.end()) {
    std::move(found->second.begin(), found->second.end(), std::back_inserter(response.headers));
    cors_headers_.erase(found);
  }
  server_.respond(id, response);
}

void SignalingHost::handle_timeout() {
  const Instant now = loop_.now();
  engine_.handle_timeout(now);
  application_.handle_timeout(now, engine_);
  settle(now);
}

void SignalingHost::arm_timer() {
  const auto engine = engine_.next_timeout();
  const auto application = application_.next_timeout();
  const Instant next =
      std::min(engine.value_or(Instant::max()), application.value_or(Instant::max()));
  if (next < timer_.when()) timer_.set(next);
}

}  // namespace duet::host
