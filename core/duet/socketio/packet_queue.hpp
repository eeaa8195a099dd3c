// SPDX-License-Identifier: MIT
// Packets that wait for a poll.
#pragma once

#include <duet/socketio/engine_packet.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace duet::socketio {

/// Packets in order, their bytes in one string. Bounded by who fills it (the backlog).
class PacketQueue {
 public:
  void push(const EnginePacket& packet) {
    bytes_ += packet.data;
    entries_.push_back({packet.data.size(), packet.type, packet.kind});
  }

  bool empty() const { return entries_.empty(); }

  std::size_t size() const { return entries_.size(); }

  /// As an answer counts them: data and a byte for the type.
  std::size_t size_bytes() const { return bytes_.size() + entries_.size(); }

  /// Valid until the next push() or clear().
  std::vector<EnginePacket> packets() const {
    std::vector<EnginePacket> out;
    out.reserve(entries_.size());
    std::string_view rest = bytes_;
    for (const Entry& entry : entries_) {
      out.push_back({entry.type, entry.kind, rest.substr(0, entry.size)});
      rest.remove_prefix(entry.size);
    }
    return out;
  }

  /// Keeps no memory: most sessions wait with nothing queued.
  void clear() { *this = PacketQueue{}; }

 private:
  struct Entry {
    std::size_t size;
    EnginePacketType type;
    MessageKind kind;
  };

  std::string bytes_;
  std::vector<Entry> entries_;
};

}  // namespace duet::socketio
