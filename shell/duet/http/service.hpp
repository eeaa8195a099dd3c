// SPDX-License-Identifier: MIT
// What answers the requests and WebSockets that the server takes in.
#pragma once

#include <duet/base/strong.hpp>
#include <duet/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::http {

/// One TCP connection, from accept to close. At most one request of it waits at a time.
using ConnectionId = Strong<struct ConnectionIdTag, std::uint64_t>;

/// Takes the messages of WebSockets. Called from the loop, never from within a call to the server.
class WebSocketService {
 public:
  WebSocketService() = default;
  WebSocketService(const WebSocketService&) = delete;
  WebSocketService& operator=(const WebSocketService&) = delete;
  virtual ~WebSocketService() = default;

  /// The upgrade is answered; from now on the server's send_message() reaches it.
  virtual void handle_websocket_opened(ConnectionId id) = 0;
  /// One whole message, within the server's bounds; of text, valid UTF-8.
  virtual void handle_websocket_message(ConnectionId id, bool text, std::string_view bytes) = 0;
  /// Of the messages given to send_message(), so many payload bytes went to the kernel; 0 says that
  /// it takes no more for now, but the peer has taken some of what it had.
  virtual void handle_websocket_sent(ConnectionId id, std::size_t bytes) = 0;
  /// Said once, however it ended, also after close_websocket().
  virtual void handle_websocket_closed(ConnectionId id) = 0;
};

/// What becomes of a request for a WebSocket.
struct UpgradeAnswer {
  /// Who takes it; if nobody, `refusal` is the answer.
  WebSocketService* service = nullptr;
  Response refusal;
  /// Further headers of the 101.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Answers requests. Called from the loop, never from within a call to the server.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  /// Answer with Server::respond(id, ...), within the call or later, once.
  virtual void handle_request(ConnectionId id, const Request& request) = 0;
  /// Of the body of the latest answer on `id`, so many bytes went to the kernel; 0 as for
  /// WebSockets.
  virtual void handle_response_sent(ConnectionId id, std::size_t bytes) = 0;
  /// The client hung up on a request that waits, which needs no answer any more, or on an answer
  /// that has not left whole.
  virtual void handle_request_aborted(ConnectionId id) = 0;
  /// A valid upgrade request (RFC 6455 §4.2.1). Nothing may be sent before
  /// handle_websocket_opened().
  virtual UpgradeAnswer handle_websocket_opening(ConnectionId id, const Request& request) = 0;
  /// Headers for an answer that the server gives by itself (400, 413, ...) to `request`, or to what
  /// is known of it.
  virtual std::vector<std::pair<std::string, std::string>> headers_of_error(
      const Request& request) = 0;
};

class Connection;
class Protocol;

/// Takes over connections that begin as STUN does (RFC 7983 §7), inside TLS as well.
class StreamService {
 public:
  StreamService() = default;
  StreamService(const StreamService&) = delete;
  StreamService& operator=(const StreamService&) = delete;
  virtual ~StreamService() = default;

  /// What is to be spoken from now on. The connection outlives it.
  virtual std::unique_ptr<Protocol> accept_stream(Connection& connection) = 0;
};

}  // namespace duet::http
