// SPDX-License-Identifier: MIT
// Where one message ends and the next begins in a stream of STUN and ChannelData.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::stun {

/// The frame at the front of what was received.
struct Frame {
  enum class Kind : std::uint8_t {
    NeedMore,     ///< not whole yet: read until there are `size` bytes
    Stun,         ///< a STUN message of `size` bytes
    ChannelData,  ///< ChannelData with its padding, `size` bytes in all
    Bad,          ///< neither: the stream can't be followed any further, close it
  };
  Kind kind = Kind::NeedMore;
  std::size_t size = 0;

  friend bool operator==(const Frame&, const Frame&) = default;
};

/// A frame is never longer than this: 65,535 bytes of ChannelData, header and padding, or a STUN
/// message as long.
inline constexpr std::size_t kMaxFrameSize = 65540;

/// STUN messages come one after the other (RFC 8489 §6.2.2), ChannelData between them padded to
/// four bytes (RFC 8656 §12.5). Of channels, 0x4000 to 0x7FFF are followed.
Frame next_frame(std::span<const std::byte> received);

}  // namespace duet::stun
