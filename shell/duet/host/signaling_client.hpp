// SPDX-License-Identifier: MIT
// Drives the Socket.IO client's machine over WebSockets and requests.
#pragma once

#include <duet/base/random.hpp>
#include <duet/http/exchange.hpp>
#include <duet/http/origin.hpp>
#include <duet/http/websocket_client.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/resolver.hpp>
#include <duet/socketio/client.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duet::host {

/// Where a server is, as people write it.
struct ServerUrl {
  bool is_secure = false;
  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 0;
  std::string path;  ///< what follows, at least "/"

  /// `http://`, `https://`, `ws://` or `wss://`; nothing for anything else.
  static std::optional<ServerUrl> parse(std::string_view text);

  std::string authority() const;  ///< "example.org:2022", "[::1]:2022"
};

/// A Socket.IO client on one server, which comes back by itself.
class SignalingClient {
 public:
  struct Handler {
    std::function<void(const socketio::ClientEvent&)> event;
    /// Why no connection came about.
    std::function<void(const net::OutgoingStream::End&)> failed = [](const auto&) {};
  };

  /// @param tls     needed for a secure server
  /// @param random  outlives this, and so does the loop
  SignalingClient(net::EventLoop& loop, ServerUrl url, std::shared_ptr<SSL_CTX> tls, Random& random,
                  socketio::ClientOptions options, Handler handler);
  ~SignalingClient();
  SignalingClient(const SignalingClient&) = delete;
  SignalingClient& operator=(const SignalingClient&) = delete;

  /// See socketio::Client.
  bool emit(std::string_view payload);
  std::optional<socketio::AckId> emit_with_ack(std::string_view payload);

  /// This machine's addresses have changed: a connection from one that is gone is made anew, and a
  /// pause between attempts is over.
  void handle_network_change();

  /// Leaves; what was sent before still goes out.
  void close();

  bool is_connected() const { return machine_.is_connected(); }

 private:
  static constexpr Duration kTimeToLeave = 500ms;

  struct Transport {
    std::unique_ptr<http::WebSocketClient> websocket;
    std::unique_ptr<http::Exchange> get;
    std::unique_ptr<http::Exchange> post;

    bool is_open() const { return websocket || get || post; }

    bool is_stranded() const;
  };

  void flush();
  void carry_out(const socketio::Client::Action& action);
  void open_websocket(const std::string& target);
  void send_request(const socketio::SendRequest& request);
  void close_transport();
  void handle_closed(socketio::Client::Attempt attempt,
                     const std::optional<net::OutgoingStream::End>& end);
  http::Origin origin() const;

  net::EventLoop& loop_;
  ServerUrl url_;
  std::shared_ptr<SSL_CTX> tls_;
  Random& random_;
  Handler handler_;
  socketio::Client machine_;
  socketio::Client::Attempt attempt_{};  // whose transport this is
  net::Resolver resolver_;
  std::vector<IpAddress> addresses_;  // of the server; tried by turns
  std::size_t next_address_ = 0;
  bool has_tried_ = false;
  std::optional<socketio::Client::Action> waiting_;  // for an address
  Transport transport_;
  Transport leaving_;  // the one before, until what was sent last has left
  net::Timer timer_;
  net::Timer leave_timer_;
  bool is_flushing_ = false;
};

}  // namespace duet::host
