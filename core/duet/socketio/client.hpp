// SPDX-License-Identifier: MIT
// A Socket.IO client as one machine: connects, stays connected, sends and receives events.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/strong.hpp>
#include <duet/base/time.hpp>
#include <duet/socketio/engine_client.hpp>
#include <duet/socketio/server.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duet::socketio {

struct ClientOptions {
  std::string path = "/socket.io/";
  std::string nsp = "/";
  std::string auth;  ///< a JSON object for the CONNECT packet, or empty
  /// Pauses between attempts: from `first`, doubling, up to `most`, each spread by half either way.
  Duration reconnect_first = 500ms;
  Duration reconnect_most = 5s;
};

/// The namespace is entered. Everything said before a Disconnected is forgotten by the server.
struct ClientConnected {
  std::string socket;  ///< our id, as the server calls us
};

struct ClientDisconnected {
  enum class Why : std::uint8_t {
    ByServer,    ///< it sent us away; we come back
    Lost,        ///< the connection ended
    Silent,      ///< no heartbeat in time
    Unreachable  ///< the first connection did not come about; told once
  };

  Why why = Why::Lost;
};

/// CONNECT_ERROR: the server does not let us in. We try again.
struct ClientRefused {
  std::string payload;  ///< JSON, as it was written
};

struct ClientReceived {
  std::string name;
  std::string arguments;  ///< comma-separated JSON values, without the name
  std::vector<Blob> attachments;
};

/// The answer to an event that asked for one.
struct ClientAcknowledged {
  AckId ack;
  std::string arguments;  ///< a JSON array
};

using ClientEvent = std::variant<ClientConnected, ClientDisconnected, ClientRefused, ClientReceived,
                                 ClientAcknowledged>;

/// Socket.IO protocol 5 over Engine.IO 4, client side. First by WebSocket; where that doesn't come
/// about, by long-polling, and then by turns.
class Client {
 public:
  /// One attempt's connection. Actions of an older one are over when a newer one begins.
  using Attempt = Strong<struct AttemptTag, std::uint32_t>;

  /// Of one packet, as the server's limit.
  static constexpr std::size_t kMaxAttachments = 64;
  static constexpr std::size_t kMaxAttachmentBytes = 1'000'000;
  /// Server that never answers a CONNECT: as long as stock clients wait.
  static constexpr Duration kConnectTimeout = 20s;

  /// Connects at once.
  Client(Instant now, Random& random, ClientOptions options);

  struct Action {
    Attempt attempt;
    EngineAction what;
  };

  std::optional<Action> poll_action();

  // What came of the actions. Those of older attempts change nothing.
  void handle_message(Instant now, Attempt attempt, MessageKind kind, std::string_view bytes);
  void handle_closed(Instant now, Attempt attempt);
  void handle_response(Instant now, Attempt attempt, SendRequest::Method method, int status,
                       std::string_view body);

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;
  std::optional<ClientEvent> poll_event();

  /// Sends an event. @param payload  a JSON array that begins with its name
  /// @return false, and nothing is sent, while not connected: what is still worth saying after a
  ///         reconnection only the caller knows
  bool emit(std::string_view payload);

  /// The same, and ClientAcknowledged comes unless the connection ends before.
  std::optional<AckId> emit_with_ack(std::string_view payload);

  /// For who knows that the connection is dead before it shows, or that the pause has no reason any
  /// more: tries at once.
  void connect_anew(Instant now);

  /// Leaves, for good.
  void close();

  bool is_connected() const { return stage_ == Stage::Connected; }

 private:
  enum class Stage : std::uint8_t { Opening, Entering, Connected, Pausing, Over };

  void begin(Instant now, Transport transport);
  void advance(Instant now);
  void handle_text(Instant now, std::string_view text);
  void handle_binary(Instant now, std::string_view bytes);
  void handle_whole(Instant now, std::string_view head, std::vector<Blob> attachments);
  void send(std::string_view payload, std::optional<AckId> ack);
  void break_off(Instant now, ClientDisconnected::Why why);
  void pause(Instant now);
  void finish();

  Random& random_;
  ClientOptions options_;
  Transport transport_ = Transport::WebSocket;
  Attempt attempt_{};
  std::optional<EngineClient> engine_;
  Stage stage_ = Stage::Opening;
  bool is_told_ = false;  // that there is no connection
  Duration pause_;
  Instant deadline_{};  // of Entering and Pausing
  std::uint64_t next_ack_ = 0;

  // A packet that waits for its attachments.
  std::string head_;
  std::size_t missing_ = 0;
  std::size_t attachment_bytes_ = 0;
  std::vector<Blob> attachments_;

  std::deque<Action> actions_;
  std::deque<ClientEvent> events_;
};

}  // namespace duet::socketio
