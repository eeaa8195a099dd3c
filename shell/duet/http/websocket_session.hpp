// SPDX-License-Identifier: MIT
// WebSocket on one connection, server side (RFC 6455).
#pragma once

#include <duet/http/connection.hpp>
#include <duet/http/protocol.hpp>
#include <duet/http/server.hpp>
#include <duet/http/service.hpp>
#include <duet/websocket/decoder.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace duet::http {

/// Frames in, whole messages out, and back; answers pings and closes.
class WebSocketSession final : public Protocol {
 public:
  WebSocketSession(Connection& connection, WebSocketService& service, const ServerConfig& config,
                   Instant now);

  void handle_bytes(Instant now, std::span<std::byte> bytes) override;
  void handle_resumed(Instant now) override;
  void handle_sent(Instant now, std::size_t bytes) override;
  void handle_taken(Instant now) override;

  void handle_perhaps_taken(Instant now) override { handle_taken(now); }

  void handle_end(Instant now) override;
  void handle_closed() override;
  void handle_timeout(Instant now) override;

  WebSocketSession* websocket() override { return this; }

  /// As one unfragmented frame.
  void send(websocket::Opcode opcode, std::string_view payload);
  void close(Instant now, std::uint16_t code);

 private:
  void handle_message(Instant now, const websocket::Message& message);

  Connection& connection_;
  WebSocketService& service_;
  websocket::Decoder decoder_;
  std::vector<std::byte> kept_;     // what came before a pause and is not used yet
  std::size_t unsent_payload_ = 0;  // bytes of messages of the service's, not yet with the kernel
  bool closing_ = false;            // a Close frame was sent
};

}  // namespace duet::http
