// SPDX-License-Identifier: MIT
// The Engine.IO endpoint: every session of one path, over long-polling and WebSocket.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/authority.hpp>
#include <duet/base/random.hpp>
#include <duet/base/strong.hpp>
#include <duet/base/time.hpp>
#include <duet/socketio/engine_packet.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::socketio {

/// One HTTP request that waits for its answer. Chosen by the shell, unique while it waits.
using RequestId = Strong<struct RequestIdTag, std::uint64_t>;
/// One open WebSocket. Chosen by the shell, unique while it is open.
using WebSocketId = Strong<struct WebSocketIdTag, std::uint64_t>;
/// One Engine.IO session. Made by the server; never seen by a client (that is the sid).
using SessionId = Strong<struct SessionIdTag, std::uint64_t>;

/// What a request says, as far as Engine.IO cares. Views need to live until the call returns.
struct EngineRequest {
  std::string_view method;        ///< GET, POST, PUT, ...
  std::string_view query;         ///< as on the request line, after '?', still percent-encoded
  std::string_view content_type;  ///< of the body
  std::string_view body;
  bool forbidden = false;  ///< by a rule of the shell's (an origin that may not): it gets Forbidden
  IpAddress source;        ///< the client's address, for limits; 0.0.0.0 is unknown, and knows none
  /// By which name the client reaches this server, shared by all who say the same; null if unknown.
  std::shared_ptr<const Authority> authority = nullptr;
};

struct EngineConfig {
  Duration ping_interval = 25s;
  Duration ping_timeout = 20s;
  /// Bytes of one message and of one POST body.
  std::size_t max_payload = 1'000'000;
  /// While more than this waits for a session, is_congested() says so (bytes).
  std::size_t high_water = 1'000'000;
  /// A congested session that takes nothing for so long is closed.
  Duration stall_timeout = 5s;
  /// Sessions one address may hold, of IPv6 one /64 network; nothing means no limit.
  std::optional<std::size_t> sessions_per_address = 256;
};

/// Why a request or a WebSocket was turned down. Values 0 to 5 are the codes of the reference
/// server's answers.
enum class EngineError : std::uint8_t {
  TransportUnknown = 0,
  SessionIdUnknown = 1,
  BadHandshakeMethod = 2,
  BadRequest = 3,
  Forbidden = 4,
  UnsupportedProtocolVersion = 5,
};

/// {"code":0,"message":"Transport unknown"}
std::string_view to_json(EngineError error);

/// What the shell must do next. Views are valid until the next non-const call.
struct EngineTransmit {
  enum class Action : std::uint8_t {
    Respond,         ///< answer `request` with `status`, `content_type`, `bytes`
    Send,            ///< send `bytes` as one message of `kind` on `websocket`
    CloseWebSocket,  ///< close `websocket` (after what was sent on it) with `close_code`
    PauseWebSocket,  ///< stop reading from `websocket`
    ResumeWebSocket  ///< go on reading
  };

  Action action = Action::Respond;
  RequestId request{};
  WebSocketId websocket{};
  int status = 200;
  std::string_view content_type;
  MessageKind kind = MessageKind::Text;
  /// RFC 6455 §7.4: 1000 for a good end, 1001 for a lost heartbeat, 1002 for a broken rule, 1008
  /// for who reads nothing; after 1001 and 1008 there is no use in waiting for what was sent.
  std::uint16_t close_code = 1000;
  std::string_view bytes;
};

/// What happened to a session. `bytes` is valid until the next handle_* call, so that who reacts
/// may send() meanwhile.
struct EngineEvent {
  enum class Type : std::uint8_t { Opened, Message, Closed };

  Type type = Type::Opened;
  SessionId session{};
  EngineVersion version = EngineVersion::V4;  ///< of Opened
  IpAddress source;                           ///< of Opened
  MessageKind kind = MessageKind::Text;       ///< of Message
  std::string_view bytes;                     ///< of Message
};

/// Counters that only grow, for the metrics.
struct EngineCounters {
  std::uint64_t opened_polling = 0;
  std::uint64_t opened_websocket = 0;
  std::uint64_t upgraded = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t refused = 0;         ///< requests and WebSockets answered with an EngineError
  std::uint64_t refused_limit = 0;   ///< of these, by sessions_per_address
  std::uint64_t parse_errors = 0;    ///< sessions closed for what they sent
  std::uint64_t heartbeat_lost = 0;  ///< sessions closed for their silence
  std::uint64_t stalled = 0;         ///< sessions closed since they read nothing
};

/// Engine.IO protocol 3 and 4, server side, for one path
/// (https://github.com/socketio/engine.io-protocol; sections are named as there).
///
/// After every handle_*, send, pause or close: poll_event() until empty, then poll_transmit() until
/// empty. A request is answered by exactly one Respond, perhaps much later (a poll waits).
class EngineServer {
 public:
  /// @param random  for sids; must outlive the server
  EngineServer(EngineConfig config, Random& random);
  ~EngineServer();
  EngineServer(EngineServer&&) noexcept;

  /// A whole request without an Upgrade header. A body over max_payload gets 413, and its session
  /// goes on, as with the reference server; what it said is lost.
  void handle_request(Instant now, RequestId id, const EngineRequest& request);
  /// The client hung up before it had the whole answer.
  void handle_request_aborted(Instant now, RequestId id);
  /// Of the answer to `id`, so many bytes have left for the kernel; 0 says that no more can leave,
  /// but the client goes on to take what left before.
  void handle_response_sent(Instant now, RequestId id, std::size_t bytes);

  /// A request that asks for a WebSocket. Nothing: it is to be accepted under `id`. Otherwise it is
  /// answered with 400 (403 for Forbidden) and to_json(), and `id` means nothing.
  std::optional<EngineError> handle_websocket_opening(Instant now, WebSocketId id,
                                                      const EngineRequest& request);
  /// One whole message, at most max_payload bytes (the shell's frame decoder sees to that).
  void handle_websocket_message(Instant now, WebSocketId id, MessageKind kind,
                                std::string_view bytes);
  /// It is closed or lost; also after CloseWebSocket.
  void handle_websocket_closed(Instant now, WebSocketId id);
  /// Of what Send handed over, so many payload bytes have left for the kernel; 0 as above.
  void handle_websocket_sent(Instant now, WebSocketId id, std::size_t bytes);

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// Whether there may be something to poll. Without, a call is over as soon as it is made.
  bool has_output() const;
  std::optional<EngineEvent> poll_event();
  std::optional<EngineTransmit> poll_transmit();

  /// Queues one message. Unknown or closed sessions are ignored.
  void send(Instant now, SessionId session, MessageKind kind, std::string_view bytes);
  /// Closes it as the protocol says; Closed is not reported for it.
  void close(Instant now, SessionId session);
  /// Closes it since it broke a rule: like close(), and over polling the pending POST gets 400.
  void close_for_error(Instant now, SessionId session);

  /// While paused, nothing more is read from the session (its WebSocket is paused, its POST is not
  /// answered), and its heartbeat does not run out, since an answer may be unread.
  void pause(Instant now, SessionId session);
  void resume(Instant now, SessionId session);

  /// Bytes that wait for the session to take them, in the server and in the shell.
  std::size_t backlog(SessionId session) const;
  /// backlog() over high_water; false again when it has fallen to half of it. Meanwhile the session
  /// is held as if by pause(): who doesn't read its answers is not asked for more questions.
  bool is_congested(SessionId session) const;
  /// A session whose is_congested() changed since it was last named here.
  std::optional<SessionId> poll_congestion_change();

  /// The address it was opened from; 0.0.0.0 once the session is gone.
  IpAddress source_of(SessionId session) const;
  /// The authority of the request that opened it; null once the session is gone.
  std::shared_ptr<const Authority> authority_of(SessionId session) const;
  /// Sessions that are open, in all and of one kind.
  std::size_t session_count() const;
  std::size_t session_count(EngineVersion version, Transport transport) const;
  const EngineCounters& counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace duet::socketio
