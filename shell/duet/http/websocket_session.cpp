// SPDX-License-Identifier: MIT
// WebSocket on one connection, server side (RFC 6455).
#include <duet/http/websocket_session.hpp>

#include <algorithm>
#include <array>

namespace duet::http {
namespace {

/// While more than this waits to be sent, pings go unanswered: a peer that floods us with them and
/// reads nothing costs no more than this (RFC 6455 §5.5.3 lets us answer the latest only).
constexpr std::size_t kMaxUnsentForPong = 65536;

}  // namespace

WebSocketSession::WebSocketSession(Connection& connection, WebSocketService& service,
                                   const ServerConfig& config, Instant now)
    : connection_{connection},
      service_{service},
      decoder_{websocket::Role::Server,
               {.max_message = config.max_body, .max_fragments = config.max_fragments}} {
  if (config.first_message_delay == 0s) return;
  connection_.cork();
  connection_.set_deadline(now + config.first_message_delay);
}

void WebSocketSession::handle_bytes(Instant now, std::span<std::byte> bytes) {
  while (!connection_.is_over() && !closing_) {
    if (connection_.is_paused()) {
      kept_.assign(bytes.begin(), bytes.end());
      return;
    }
    const auto message = decoder_.next(bytes);
    if (!message) {
      ++connection_.server().counters_.bad_frames;
      return close(now, static_cast<std::uint16_t>(message.error()));
    }
    if (!*message) return;
    handle_message(now, **message);
  }
}

void WebSocketSession::handle_resumed(Instant now) {
  if (kept_.empty()) return;
  auto bytes = std::move(kept_);
  kept_ = {};
  handle_bytes(now, bytes);
}

void WebSocketSession::handle_message(Instant now, const websocket::Message& message) {
  switch (message.opcode) {
    case websocket::Opcode::Text:
    case websocket::Opcode::Binary:
      return service_.handle_websocket_message(
          connection_.id(), message.opcode == websocket::Opcode::Text, message.bytes);
    case websocket::Opcode::Ping:
      if (connection_.unsent() < kMaxUnsentForPong) send(websocket::Opcode::Pong, message.bytes);
      return;
    case websocket::Opcode::Close: {
      // RFC 6455 §5.5.1: the answer typically echoes the code.
      constexpr std::uint16_t kNoStatus = 1005;
      const auto code = websocket::parse_close(message.bytes);
      if (!code) return close(now, static_cast<std::uint16_t>(websocket::CloseCode::ProtocolError));
      return close(now, *code == kNoStatus
                            ? static_cast<std::uint16_t>(websocket::CloseCode::Normal)
                            : *code);
    }
    case websocket::Opcode::Pong:
    case websocket::Opcode::Continuation:
      return;
  }
}

void WebSocketSession::send(websocket::Opcode opcode, std::string_view payload) {
  if (closing_) return;
  std::array<std::byte, websocket::kMaxHeaderSize> head{};
  const std::size_t size = websocket::serialize_header(head, opcode, payload.size());
  connection_.send({reinterpret_cast<const char*>(head.data()), size});
  connection_.send(payload);
  if (!websocket::is_control(opcode)) unsent_payload_ += payload.size();
}

void WebSocketSession::close(Instant now, std::uint16_t code) {
  if (closing_) return;
  const std::array<char, 2> payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  send(websocket::Opcode::Close, {payload.data(), payload.size()});
  closing_ = true;
  connection_.close_after_flush(now);
}

/// The headers of frames count as sent first, so that the last payload byte is said to be sent when
/// everything is.
void WebSocketSession::handle_sent(Instant, std::size_t) {
  const std::size_t unsent = std::min(unsent_payload_, connection_.unsent());
  const std::size_t sent = unsent_payload_ - unsent;
  if (sent == 0) return;
  unsent_payload_ = unsent;
  service_.handle_websocket_sent(connection_.id(), sent);
}

void WebSocketSession::handle_taken(Instant) {
  if (unsent_payload_ > 0) service_.handle_websocket_sent(connection_.id(), 0);
}

/// Without a Close frame before it (RFC 6455 §7.1.5: code 1006).
void WebSocketSession::handle_end(Instant) { connection_.abort(); }

void WebSocketSession::handle_closed() { service_.handle_websocket_closed(connection_.id()); }

void WebSocketSession::handle_timeout(Instant now) { connection_.uncork(now); }

}  // namespace duet::http
