// SPDX-License-Identifier: MIT
// Drives one Engine.IO endpoint from HTTP requests and WebSockets.
#pragma once

#include <duet/host/cors.hpp>
#include <duet/host/proxy.hpp>
#include <duet/host/reach.hpp>
#include <duet/http/server.hpp>
#include <duet/http/service.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/socketio/application.hpp>
#include <duet/socketio/engine_server.hpp>

#include <string>
#include <string_view>
#include <unordered_map>

namespace duet::host {

/// One path of the site, such as /socket.io/. The machines decide; this carries out what they say
/// and tells them the time.
class SignalingHost final : public http::WebSocketService {
 public:
  /// All of them must outlive the host.
  SignalingHost(net::EventLoop& loop, http::Server& server, socketio::EngineServer& engine,
                socketio::Application& application, const CorsPolicy& cors);

  void handle_request(http::ConnectionId id, const http::Request& request, const Client& client);
  void handle_request_aborted(http::ConnectionId id);
  void handle_response_sent(http::ConnectionId id, std::size_t bytes);
  http::UpgradeAnswer handle_websocket_opening(http::ConnectionId id, const http::Request& request,
                                               const Client& client);

  void handle_websocket_opened(http::ConnectionId id) override;
  void handle_websocket_message(http::ConnectionId id, bool text, std::string_view bytes) override;
  void handle_websocket_sent(http::ConnectionId id, std::size_t bytes) override;
  void handle_websocket_closed(http::ConnectionId id) override;

  /// After the machines were given something by another way than this: lets them react.
  void settle(Instant now);

 private:
  socketio::EngineRequest to_engine(const http::Request& request, const Client& client);
  void carry_out(const socketio::EngineTransmit& transmit);
  void close(const socketio::EngineTransmit& transmit);
  void respond(const socketio::EngineTransmit& transmit);
  void handle_timeout();
  void arm_timer();

  net::EventLoop& loop_;
  http::Server& server_;
  socketio::EngineServer& engine_;
  socketio::Application& application_;
  const CorsPolicy& cors_;
  Reaches reaches_;
  /// Of requests that wait and came from a page: the headers their answer needs.
  std::unordered_map<http::ConnectionId, Headers> cors_headers_;
  net::Timer timer_;
};

}  // namespace duet::host
