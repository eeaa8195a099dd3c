// SPDX-License-Identifier: MIT
// What is spoken on a connection once it is known: HTTP first, then perhaps WebSocket.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <span>

namespace duet::http {

class WebSocketSession;

/// Lives inside a Connection and speaks through it.
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  /// Bytes from the peer, which may be changed in place. What can't be used yet is kept by the
  /// protocol; if it keeps much, it pauses the connection.
  virtual void handle_bytes(Instant now, std::span<std::byte> bytes) = 0;
  /// Reading goes on after a pause: use what was kept.
  virtual void handle_resumed(Instant now) = 0;
  /// So many bytes went to the kernel.
  virtual void handle_sent(Instant now, std::size_t bytes) = 0;

  /// The kernel takes no more, but the peer has taken some of what the kernel had. Said once a
  /// second at most: the kernel itself tells of room only in steps, which a slow peer needs long
  /// for.
  virtual void handle_taken(Instant) {}

  /// The same, but nothing is known: the peer's kernel has no room, and may not have told yet of
  /// what its program reads. By default it reads nothing.
  virtual void handle_perhaps_taken(Instant) {}

  /// The peer sends nothing more, and may still read. Who does nothing about it hears no more.
  virtual void handle_end(Instant now) = 0;
  /// The connection is over, whoever ended it. Said once.
  virtual void handle_closed() = 0;
  /// The deadline that the protocol set has passed.
  virtual void handle_timeout(Instant now) = 0;

  /// Itself, if it is one.
  virtual WebSocketSession* websocket() { return nullptr; }
};

}  // namespace duet::http
