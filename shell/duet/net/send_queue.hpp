// SPDX-License-Identifier: MIT
// Bytes on their way to the kernel.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace duet::net {

/// A queue of bytes, in pieces: what is copied into it lies in blocks that are let go of one by
/// one, and what somebody keeps alive is not copied. So its memory is what it holds and one block
/// more.
class SendQueue {
 public:
  /// A piece's worth of copies (bytes): small ones lie together and leave in one write.
  static constexpr std::size_t kBlockSize = 65536;

  /// Copies `bytes`.
  void push(std::string_view bytes);
  /// Refers to `bytes`, which live as long as `keep_alive` does.
  void push(std::string_view bytes, std::shared_ptr<const void> keep_alive);

  std::size_t size() const { return size_; }

  bool empty() const { return size_ == 0; }

  /// The first piece, or what is left of it; empty if the queue is.
  std::span<const std::byte> front() const;
  /// Takes `bytes` off, no more than front() has.
  void pop(std::size_t bytes);

 private:
  struct Piece {
    std::vector<std::byte> copy;      // bytes of its own...
    std::span<const std::byte> view;  // ...or those that `keep_alive` holds
    std::shared_ptr<const void> keep_alive;

    std::span<const std::byte> bytes() const { return keep_alive ? view : std::span{copy}; }
  };

  static std::size_t append(std::vector<std::byte>& block, std::span<const std::byte> bytes);

  std::list<Piece> pieces_;  // an empty list has no memory, as most connections' most of the time
  std::size_t front_sent_ = 0;
  std::size_t size_ = 0;
};

}  // namespace duet::net
