// SPDX-License-Identifier: MIT
// The Socket.IO endpoint: namespaces, events and acknowledgements over Engine.IO sessions.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/strong.hpp>
#include <duet/base/time.hpp>
#include <duet/socketio/engine_server.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::socketio {

/// One client in one namespace. Made by the server; never seen by a client.
using SocketId = Strong<struct SocketIdTag, std::uint64_t>;
/// The number by which a client knows its acknowledgement again.
using AckId = Strong<struct AckIdTag, std::uint64_t>;
/// One binary attachment.
using Blob = std::vector<std::byte>;

struct ServerConfig {
  std::vector<std::string> namespaces = {"/"};
  /// A session that enters no namespace for so long is closed.
  Duration connect_timeout = 30s;
  /// Attachments of one packet; more close the session.
  std::size_t max_attachments = 64;
  /// Bytes of one packet's attachments together; more close the session.
  std::size_t max_attachment_bytes = 1'000'000;
  /// Packets a session may send: so many a second in the long run, and `packet_burst` at once. Who
  /// sends faster is read slower, and loses nothing. Nothing means no limit.
  std::optional<double> packets_per_second = 500;
  double packet_burst = 2000;
};

/// What happened. Views are valid until the next handle_* call.
struct Event {
  enum class Type : std::uint8_t { Connected, Received, Disconnected };

  Type type = Type::Connected;
  SocketId socket{};
  std::string_view nsp;  ///< of Connected: "/"
  IpAddress source;      ///< of Connected
  /// Of Connected: by which name the client reaches this server; null if unknown.
  std::shared_ptr<const Authority> authority = nullptr;
  /// Of Connected: the CONNECT payload, a JSON object, or empty. Of Received: the event's arguments
  /// as they were written, comma-separated JSON values without the event's name: `"room",{"a":1}`.
  std::string_view arguments;
  std::string_view name;              ///< of Received, unescaped
  std::optional<AckId> ack;           ///< of Received, if the sender asks for one
  std::span<const Blob> attachments;  ///< of Received; the placeholders in `arguments` are valid
};

struct ServerCounters {
  std::uint64_t connected = 0;
  std::uint64_t packets_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t parse_errors = 0;       ///< sessions closed for a packet that breaks a rule
  std::uint64_t unknown_namespace = 0;  ///< CONNECTs answered with CONNECT_ERROR
  std::uint64_t connect_timeouts = 0;   ///< sessions closed since they entered no namespace
  std::uint64_t throttled = 0;          ///< times a session was read slower for its packet rate
};

/// Socket.IO protocol 5 (clients 3.x and 4.x, over Engine.IO 4) and 3/4 (clients 2.x, over
/// Engine.IO 3), server side (https://github.com/socketio/socket.io-protocol).
///
/// It stands on an EngineServer, whose events it is given one by one, and to which it speaks in the
/// course of any call that takes one.
class Server {
 public:
  /// @param random  for socket ids; must outlive the server
  Server(ServerConfig config, Random& random);
  ~Server();
  Server(Server&&) noexcept;

  void handle_engine_event(Instant now, EngineServer& engine, const EngineEvent& event);
  void handle_timeout(Instant now, EngineServer& engine);
  std::optional<Instant> next_timeout() const;

  std::optional<Event> poll_event();

  /// @param payload  a JSON array that begins with the event's name: `["message",{"a":1}]`. With
  ///                 attachments, it holds their placeholders, numbered as they lie in the span.
  void send_event(Instant now, EngineServer& engine, SocketId socket, std::string_view payload,
                  std::span<const Blob> attachments = {});
  /// @param payload  a JSON array of the acknowledgement's arguments
  void send_ack(Instant now, EngineServer& engine, SocketId socket, AckId ack,
                std::string_view payload, std::span<const Blob> attachments = {});
  /// Tells the client, and forgets the socket; Disconnected is not reported for it.
  void disconnect(Instant now, EngineServer& engine, SocketId socket);

  /// The Engine.IO session a socket lives on; nothing once it is gone.
  std::optional<SessionId> session_of(SocketId socket) const;
  /// Stops and restarts reading from the socket's session. Composes with the rate limit: it is read
  /// when neither holds it.
  void pause(Instant now, EngineServer& engine, SocketId socket);
  void resume(Instant now, EngineServer& engine, SocketId socket);

  std::size_t socket_count() const;
  const ServerCounters& counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace duet::socketio
