// SPDX-License-Identifier: MIT
// Packets that wait to be sent, in one piece of memory.
#pragma once

#include <duet/base/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
    if (empty()) clear();
    if (end_ + size > bytes_.size() && begin_ > bytes_.size() / 2) move_to_front();
    if (bytes_.size() < end_ + size) {
      if (end_ + size > kMaxBytes) move_to_front();
      if (end_ + size > kMaxBytes) return {};
      bytes_.resize(std::max(bytes_.size(), std::min(kMaxBytes, 2 * (end_ + size))));
    }
    return std::span{bytes_}.subspan(end_, size);
  }

  /// So much of what was reserved is a packet.
  void commit(Instant now, std::size_t size) {
    packets_.push_back({now, static_cast<std::uint32_t>(size)});
    end_ += size;
  }

  /// The oldest packet, which leaves the queue. Valid until the next reserve().
  std::optional<std::span<const std::byte>> poll() {
    if (empty()) return std::nullopt;
    const std::size_t size = packets_[first_++].size;
    const auto packet = std::span{bytes_}.subspan(begin_, size);
    begin_ += size;
    return packet;
  }

  bool empty() const { return first_ == packets_.size(); }

  std::size_t packets() const { return packets_.size() - first_; }

  std::size_t bytes() const { return end_ - begin_; }

  /// Since when the oldest packet waits.
  std::optional<Instant> oldest() const {
    if (empty()) return std::nullopt;
    return packets_[first_].since;
  }

 private:
  struct Waiting {
    Instant since;
    std::uint32_t size = 0;
  };

  void clear() {
    packets_.clear();
    first_ = begin_ = end_ = 0;
  }

  /// A queue that never runs empty would else wander through memory.
  void move_to_front() {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    packets_.erase(packets_.begin(), packets_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
    end_ -= begin_;
    begin_ = 0;
  }

  std::vector<std::byte> bytes_;
  std::vector<Waiting> packets_;
  std::size_t first_ = 0;  // of packets_
  std::size_t begin_ = 0;  // of bytes_
  std::size_t end_ = 0;
};

}  // namespace duet::peer
