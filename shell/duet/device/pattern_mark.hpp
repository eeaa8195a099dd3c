// SPDX-License-Identifier: MIT
// What a machine reads from a picture of the test pattern.
#pragma once

#include <duet/codec/picture.hpp>

#include <cstdint>
#include <optional>

namespace duet::device {

/// Which picture it is and when it was made.
struct PatternMark {
  std::uint32_t counter = 0;
  std::uint64_t captured_ms = 0;  ///< of CLOCK_MONOTONIC; its low 40 bits

  friend bool operator==(const PatternMark&, const PatternMark&) = default;
};

/// Rows of the strip, counted from the bottom edge, that a picture of this size has.
int mark_height(codec::Size size);

/// Draws the mark over the strip along the bottom edge: 24 x 4 cells, black and white, that hold 8
/// cells to compare with, counter, time and a CRC-16. It outlives scaling down to 320x180 and
/// coarse encoding.
void write_mark(codec::Picture& picture, const PatternMark& mark);

/// Reads it at any size. @return nothing unless the CRC says that every bit is right
std::optional<PatternMark> read_pattern(const codec::Picture& picture);

}  // namespace duet::device
