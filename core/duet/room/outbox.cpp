// SPDX-License-Identifier: MIT
// What a machine has to say to sockets, written one after the other into one reused buffer.
#include <duet/room/outbox.hpp>

namespace duet::room {

std::string& Outbox::begin(socketio::SocketId to, std::optional<socketio::AckId> ack,
                           std::span<const socketio::Blob> attachments) {
  if (next_ == entries_.size()) reset();
  entries_.push_back({.to = to, .ack = ack, .attachments = attachments, .offset = text_.size()});
  return text_;
}

std::optional<Emit> Outbox::poll() {
  if (next_ == entries_.size()) {
    reset();
    return std::nullopt;
  }
  const Entry& entry = entries_[next_++];
  const std::size_t end = next_ == entries_.size() ? text_.size() : entries_[next_].offset;
  return Emit{.to = entry.to,
              .ack = entry.ack,
              .payload = std::string_view{text_}.substr(entry.offset, end - entry.offset),
              .attachments = entry.attachments};
}

void Outbox::reset() {
  entries_.clear();
  next_ = 0;
  text_.clear();
  if (text_.capacity() > kKeep) std::string{}.swap(text_);  // an assignment would keep it
  if (entries_.capacity() > kKeep / sizeof(Entry)) std::vector<Entry>{}.swap(entries_);
}

}  // namespace duet::room
