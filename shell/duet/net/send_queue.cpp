// SPDX-License-Identifier: MIT
// Bytes on their way to the kernel.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/net/send_queue.hpp>

#include <algorithm>
#include <utility>

namespace duet::net {
namespace {

/// Of a block to begin with (bytes): a frame's header and a short message, or an answer's headers.
constexpr std::size_t kFirstSize = 512;

}  // namespace

void SendQueue::push(std::string_view bytes) {
  size_ += bytes.size();
  auto rest = as_bytes(bytes);
  while (!rest.empty()) {
    const bool has_room =
        !pieces_.empty() && !pieces_.back().keep_alive && pieces_.back().copy.size() < kBlockSize;
    if (!has_room) pieces_.emplace_back();
    rest = rest.subspan(append(pieces_.back().copy, rest));
  }
}

/// Fills up `block`, which grows by doubling, but never beyond kBlockSize.
/// @return how many of `bytes` had room
std::size_t SendQueue::append(std::vector<std::byte>& block, std::span<const std::byte> bytes) {
  const auto fits = bytes.first(std::min(bytes.size(), kBlockSize - block.size()));
  const std::size_t needed = block.size() + fits.size();
  if (needed > block.capacity()) {
    block.reserve(std::min(kBlockSize, std::max({needed, 2 * block.capacity(), kFirstSize})));
  }
  block.insert(block.end(), fits.begin(), fits.end());
  return fits.size();
}

void SendQueue::push(std::string_view bytes, std::shared_ptr<const void> keep_alive) {
  DUET_CHECK(keep_alive != nullptr);
  if (bytes.empty()) return;
  size_ += bytes.size();
  Piece& piece = pieces_.emplace_back();
  piece.view = as_bytes(bytes);
  piece.keep_alive = std::move(keep_alive);
}

std::span<const std::byte> SendQueue::front() const {
  if (pieces_.empty()) return {};
  return pieces_.front().bytes().subspan(front_sent_);
}

void SendQueue::pop(std::size_t bytes) {
  DUET_CHECK(bytes <= front().size());
  front_sent_ += bytes;
  size_ -= bytes;
  if (bytes == 0 || !front().empty()) return;
  pieces_.pop_front();
  front_sent_ = 0;
}

}  // namespace duet::net
