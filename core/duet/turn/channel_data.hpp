// SPDX-License-Identifier: MIT
// ChannelData: four bytes before the payload.
#pragma once

#include <duet/base/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::turn {

/// RFC 8656 §12 keeps 0x5000 to 0x7FFF for later; RFC 5766 gave them out, and clients use them.
inline constexpr std::uint16_t kFirstChannel = 0x4000;
inline constexpr std::uint16_t kLastChannel = 0x7FFF;

constexpr bool is_channel(std::uint16_t number) {
  return number >= kFirstChannel && number <= kLastChannel;
}

inline constexpr std::size_t kChannelHeaderSize = 4;

/// A view of one ChannelData message (RFC 8656 §12.4).
struct ChannelData {
  std::uint16_t number;
  std::span<const std::byte> payload;

  /// Bytes after the payload are padding and ignored (RFC 8656 §12.5). Nothing if the length says
  /// more than there is, or for a number outside 0x4000 to 0x7FFF.
  static std::optional<ChannelData> parse(std::span<const std::byte> bytes) {
    ByteReader in{bytes};
    const std::uint16_t number = in.u16();
    const std::uint16_t size = in.u16();
    const auto payload = in.bytes(size);
    if (!in.ok() || !is_channel(number)) return std::nullopt;
    return ChannelData{number, payload};
  }
};

/// What stands before `size` bytes of payload.
inline std::array<std::byte, kChannelHeaderSize> channel_header(std::uint16_t number,
                                                                std::size_t size) {
  return {static_cast<std::byte>(number >> 8), static_cast<std::byte>(number & 0xFF),
          static_cast<std::byte>(size >> 8 & 0xFF), static_cast<std::byte>(size & 0xFF)};
}

/// Zero bytes that fill `size` up to a multiple of four.
constexpr std::uint8_t padding_of(std::size_t size) {
  return static_cast<std::uint8_t>((4 - size % 4) % 4);
}

}  // namespace duet::turn
