// SPDX-License-Identifier: MIT
// A frame that is cut into packets, and how much of it goes into the next one.
#pragma once

#include <cstddef>
#include <span>

namespace duet::media {

/// As many packets as it takes, all of about one size: a tiny last one costs as much as a full one,
/// and is lost as easily.
/// @param left  more than 0
/// @param room  of a packet, more than 0
/// @return in [1, room]
constexpr std::size_t chunk_size(std::size_t left, std::size_t room) {
  const std::size_t packets = (left + room - 1) / room;
  return (left + packets - 1) / packets;
}

static_assert(chunk_size(1001, 1000) == 501);
static_assert(chunk_size(1000, 1000) == 1000);

/// A frame of which each packet takes the next piece. Views what it was given.
class CutFrame {
 public:
  /// False if there is nothing to cut.
  bool begin(std::span<const std::byte> frame) {
    frame_ = frame;
    offset_ = 0;
    return !frame.empty();
  }

  /// @param size  at most left()
  std::span<const std::byte> take(std::size_t size) {
    const auto piece = frame_.subspan(offset_, size);
    offset_ += size;
    return piece;
  }

  std::size_t left() const { return frame_.size() - offset_; }

  bool at_begin() const { return offset_ == 0; }

  bool done() const { return left() == 0; }

 private:
  std::span<const std::byte> frame_;
  std::size_t offset_ = 0;
};

}  // namespace duet::media
