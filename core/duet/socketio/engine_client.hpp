// SPDX-License-Identifier: MIT
// One Engine.IO 4 session from the client's side.
#pragma once

#include <duet/base/time.hpp>
#include <duet/socketio/engine_packet.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace duet::socketio {

/// What whoever owns the sockets has to do for a session.

struct OpenWebSocket {
  std::string target;  ///< path and query
};

/// A message on the WebSocket.
struct SendMessage {
  MessageKind kind = MessageKind::Text;
  std::string bytes;
};

/// A request. The answer comes back through handle_response(). At most one of each method is open.
struct SendRequest {
  enum class Method : std::uint8_t { Get, Post };

  Method method = Method::Get;
  std::string target;
  std::string body;  ///< of Post, text/plain; charset=UTF-8
};

/// The WebSocket, or the open requests, are to be given up.
struct CloseTransport {};

using EngineAction = std::variant<OpenWebSocket, SendMessage, SendRequest, CloseTransport>;

/// A session, once: it opens, carries messages and ends (Engine.IO protocol 4).
///
/// It stays on the transport it began with. Who wants a WebSocket and falls back to polling makes a
/// second session, which costs less than the upgrade that clients without WebSockets at hand do.
class EngineClient {
 public:
  static constexpr Duration kOpenTimeout = 20s;  ///< as stock clients wait
  /// Of what the server may announce; a longer silence is believed to be an end.
  static constexpr Duration kMaxHeartbeat = 10min;

  enum class End : std::uint8_t {
    NotOpened,   ///< the transport did not come about, or no handshake in time
    Closed,      ///< by the server
    Lost,        ///< the transport ended
    Silent,      ///< no heartbeat in time
    BrokenRules  ///< the server sent what it may not
  };

  /// @param path  of the endpoint, "/socket.io/"
  EngineClient(Instant now, Transport transport, std::string path);

  void handle_message(Instant now, MessageKind kind, std::string_view bytes);
  /// The WebSocket ended, or could not be had.
  void handle_closed(Instant now);
  /// @param status  HTTP's, or 0 if no answer came
  void handle_response(Instant now, SendRequest::Method method, int status, std::string_view body);
  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  std::optional<EngineAction> poll_action();

  struct Message {
    MessageKind kind = MessageKind::Text;
    std::string bytes;
  };

  /// What came, in order; after the end what had come before it.
  std::optional<Message> poll_message();

  /// Queues a message. Nothing happens with it unless the session is open.
  void send(MessageKind kind, std::string_view bytes);
  /// Says goodbye. By polling, what was sent before goes out first: ended() comes with that.
  void close();

  /// Ends at once.
  void abandon() { end(End::Closed); }

  bool is_open() const { return stage_ == Stage::Open; }

  std::optional<End> ended() const { return end_; }

 private:
  enum class Stage : std::uint8_t { Opening, Open, Closing, Ended };

  void handle_packet(Instant now, const EnginePacket& packet);
  bool handle_open(Instant now, std::string_view handshake);
  void hear(Instant now);
  void poll_again();
  void post();
  void end(End why);
  std::string target() const;

  Transport transport_;
  std::string path_;
  std::string sid_;
  Duration heartbeat_{};
  std::size_t max_payload_ = 0;  // bytes of one POST; 0: the server did not say
  Instant deadline_;
  Stage stage_ = Stage::Opening;
  std::optional<End> end_;
  bool get_is_open_ = false;
  bool post_is_open_ = false;
  std::deque<std::string> to_post_;  // packets in text form
  std::deque<EngineAction> actions_;
  std::deque<Message> messages_;
};

}  // namespace duet::socketio
