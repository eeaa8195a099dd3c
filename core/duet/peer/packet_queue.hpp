// SPDX-License-Identifier: MIT
// Packets that wait to be sent, in one piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::peer {

/// First in, first out. Its memory is what a burst needed, kept for the next one; a queue that was
/// never used has none.
class PacketQueue {
 public:
  /// 1,000 packets: a key frame at 8 Mbit/s. Who sends faster than the path takes is told.
  static constexpr std::size_t kMaxBytes = 1'200'000;

  /// Room for a packet of at most `size` bytes; empty if the queue is full. Valid until the next
  /// call.
  std::span<std::byte> reserve(std::size_t size) {
    if (first_ == packets_.size()) clear();
    if (end_ + size > kMaxBytes) return {};
    if (bytes_.size() < end_ + size) bytes_.resize(end_ + size);
    return std::span{bytes_}.subspan(end_, size);
  }

  /// So much of what was reserved is a packet.
  void commit(std::size_t size) {
    packets_.push_back(static_cast<std::uint32_t>(size));
    end_ += size;
  }

  /// The oldest packet, which leaves the queue. Valid until the next reserve().
  std::optional<std::span<const std::byte>> poll() {
    if (first_ == packets_.size()) return std::nullopt;
    const std::size_t size = packets_[first_++];
    const auto packet = std::span{bytes_}.subspan(begin_, size);
    begin_ += size;
    return packet;
  }

  bool empty() const { return first_ == packets_.size(); }

 private:
  void clear() {
    packets_.clear();
    first_ = begin_ = end_ = 0;
  }

  std::vector<std::byte> bytes_;
  std::vector<std::uint32_t> packets_;  // sizes
  std::size_t first_ = 0;               // of packets_
  std::size_t begin_ = 0;               // of bytes_
  std::size_t end_ = 0;
};

}  // namespace duet::peer
