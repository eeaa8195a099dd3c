// SPDX-License-Identifier: MIT
// What a machine has to say to sockets, written one after the other into one reused buffer.
#pragma once

#include <duet/socketio/server.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::room {

/// One event or acknowledgement to send. Its views are valid until the next non-const call;
/// `attachments` are those of the socketio::Event it answers, and live as long as they.
struct Emit {
  socketio::SocketId to{};
  /// The acknowledgement this is; nothing for an event.
  std::optional<socketio::AckId> ack;
  /// A JSON array: the event's name and arguments, or the acknowledgement's arguments.
  std::string_view payload;
  std::span<const socketio::Blob> attachments;
};

/// A queue of Emits. Once warm it allocates nothing, however many pass.
class Outbox {
 public:
  /// Begins an Emit. Its payload is what is appended to the string returned, until the next
  /// begin().
  std::string& begin(socketio::SocketId to, std::optional<socketio::AckId> ack = {},
                     std::span<const socketio::Blob> attachments = {});

  std::optional<Emit> poll();

 private:
  /// Bytes of buffer kept for the next time. Room for every common message (an offer takes 5 KB,
  /// twice), and little beside what one connection may cost.
  static constexpr std::size_t kKeep = 65'536;

  struct Entry {
    socketio::SocketId to;
    std::optional<socketio::AckId> ack;
    std::span<const socketio::Blob> attachments;
    std::size_t offset;  // of its payload; it ends where the next one begins
  };

  void reset();

  std::string text_;
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

}  // namespace duet::room
