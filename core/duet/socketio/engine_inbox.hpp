// SPDX-License-Identifier: MIT
// What happened to the sessions of an EngineServer, until someone asks.
#pragma once

#include <duet/socketio/engine_server.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::socketio {

/// Events whose bytes lie in one string, which is only written to by push().
class EngineInbox {
 public:
  void push(const EngineEvent& event) {
    entries_.push_back({event, bytes_.size(), event.bytes.size()});
    bytes_ += event.bytes;
  }

  bool empty() const { return next_ == entries_.size(); }

  std::optional<EngineEvent> poll() {
    if (empty()) return std::nullopt;
    const Entry& entry = entries_[next_++];
    EngineEvent event = entry.event;
    event.bytes = std::string_view{bytes_}.substr(entry.begin, entry.size);
    return event;
  }

  /// To be called first in every handle_*: what was polled before may go now.
  void recycle() {
    if (next_ == 0 || next_ != entries_.size()) return;
    next_ = 0;
    entries_.clear();
    bytes_.clear();
    if (bytes_.capacity() > kKept) std::string{}.swap(bytes_);
    if (entries_.capacity() * sizeof(Entry) > kKept) std::vector<Entry>{}.swap(entries_);
  }

 private:
  struct Entry {
    EngineEvent event;
    std::size_t begin;
    std::size_t size;
  };

  static constexpr std::size_t kKept = std::size_t{256} * 1024;  // as in the outbox

  std::vector<Entry> entries_;
  std::string bytes_;
  std::size_t next_ = 0;
};

}  // namespace duet::socketio
