// SPDX-License-Identifier: MIT
// What an EngineServer has to say, in order, in one arena that is reused.
#pragma once

#include <duet/socketio/engine_server.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::socketio {

/// Transmits whose bytes lie in one growing string: in steady state nothing is allocated.
class EngineOutbox {
 public:
  using Action = EngineTransmit::Action;

  /// Where to write the bytes of the next respond() or send().
  std::string& arena() { return arena_; }

  std::size_t begin() const { return arena_.size(); }

  /// The answer is what was written to the arena since `begin`, of a poll's media types.
  void respond_payload(RequestId request, MessageKind kind, std::size_t begin) {
    entries_.push_back({.action = Action::Respond,
                        .kind = kind,
                        .id = request.value(),
                        .begin = begin,
                        .size = arena_.size() - begin,
                        .content_type = kind == MessageKind::Text ? "text/plain; charset=UTF-8"
                                                                  : "application/octet-stream"});
  }

  void respond_ok(RequestId request) {
    const std::size_t at = begin();
    arena_ += "ok";
    respond_payload(request, MessageKind::Text, at);
  }

  void respond_error(RequestId request, int status, EngineError error) {
    const std::size_t at = begin();
    arena_ += to_json(error);
    entries_.push_back({.action = Action::Respond,
                        .number = static_cast<std::uint16_t>(status),
                        .id = request.value(),
                        .begin = at,
                        .size = arena_.size() - at,
                        .content_type = "application/json"});
  }

  /// The message is what was written to the arena since `begin`.
  void send(WebSocketId websocket, MessageKind kind, std::size_t begin) {
    entries_.push_back({.action = Action::Send,
                        .kind = kind,
                        .id = websocket.value(),
                        .begin = begin,
                        .size = arena_.size() - begin});
  }

  void close(WebSocketId websocket, std::uint16_t code) {
    entries_.push_back({.action = Action::CloseWebSocket, .number = code, .id = websocket.value()});
  }

  void set_paused(WebSocketId websocket, bool paused) {
    entries_.push_back({.action = paused ? Action::PauseWebSocket : Action::ResumeWebSocket,
                        .id = websocket.value()});
  }

  /// An answer nobody waits for any more.
  void forget(RequestId request) {
    const auto is_answer = [&](const Entry& entry) {
      return entry.action == Action::Respond && entry.id == request.value();
    };
    entries_.erase(std::remove_if(entries_.begin() + static_cast<std::ptrdiff_t>(next_),
                                  entries_.end(), is_answer),
                   entries_.end());
  }

  bool empty() const { return next_ == entries_.size(); }

  std::optional<EngineTransmit> poll() {
    if (empty()) {
      reset();
      return std::nullopt;
    }
    const Entry& entry = entries_[next_++];
    EngineTransmit out{.action = entry.action, .kind = entry.kind};
    out.bytes = std::string_view{arena_}.substr(entry.begin, entry.size);
    out.content_type = entry.content_type;
    if (entry.action == Action::Respond) {
      out.request = RequestId{entry.id};
      out.status = entry.number;
    } else {
      out.websocket = WebSocketId{entry.id};
    }
    if (entry.action == Action::CloseWebSocket) out.close_code = entry.number;
    return out;
  }

 private:
  struct Entry {
    Action action = Action::Respond;
    MessageKind kind = MessageKind::Text;
    std::uint16_t number = 200;  // status, or close code
    std::uint64_t id = 0;        // request, or websocket
    std::size_t begin = 0;
    std::size_t size = 0;
    std::string_view content_type;
  };

  /// Above this, memory is given back once it is unused: one large message is no reason to keep it.
  static constexpr std::size_t kKept = std::size_t{256} * 1024;

  void reset() {
    next_ = 0;
    entries_.clear();
    arena_.clear();
    if (arena_.capacity() > kKept) std::string{}.swap(arena_);
    if (entries_.capacity() * sizeof(Entry) > kKept) std::vector<Entry>{}.swap(entries_);
  }

  std::string arena_;
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

}  // namespace duet::socketio
