// SPDX-License-Identifier: MIT
// How much of a frame goes into the next packet.
#pragma once

#include <cstddef>

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

}  // namespace duet::media
