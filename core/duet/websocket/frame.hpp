// SPDX-License-Identifier: MIT
// WebSocket frame headers and masking (RFC 6455 §5.2, §5.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::websocket {

enum class Opcode : std::uint8_t {
  Continuation = 0x0,
  Text = 0x1,
  Binary = 0x2,
  Close = 0x8,
  Ping = 0x9,
  Pong = 0xA
};

/// RFC 6455 §5.5: control frames are short and whole, and may come between fragments.
constexpr bool is_control(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 0x8; }

/// RFC 6455 §7.4.1.
enum class CloseCode : std::uint16_t {
  Normal = 1000,
  GoingAway = 1001,
  ProtocolError = 1002,
  InvalidPayload = 1007,
  PolicyViolation = 1008,
  TooBig = 1009
};

using MaskingKey = std::array<std::byte, 4>;

/// Two bytes, up to eight of length, four of masking key.
inline constexpr std::size_t kMaxHeaderSize = 14;

/// The front of a frame:
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |F|R|R|R| opcode|M| length (7)  |   length (16 or 64, if 126    |
///     |I|S|S|S|  (4)  |A|             |   or 127)                     |
///     |N|V|V|V|       |S|             |                               |
///     | |1|2|3|       |K|             |                               |
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |   masking key (32), if MASK   |   payload ...                 |
struct FrameHeader {
  bool fin = true;
  std::uint8_t reserved = 0;  ///< RSV1 to RSV3, 0 to 7
  std::uint8_t opcode = 0;    ///< 4 bits, any value
  std::optional<MaskingKey> mask;
  std::uint64_t payload_size = 0;  ///< bytes
  std::size_t header_size = 0;     ///< bytes, 2 to kMaxHeaderSize

  /// Nothing if `bytes` end before the header does; every complete header parses.
  static std::optional<FrameHeader> parse(std::span<const std::byte> bytes);
};

/// Writes the header of a whole, unfragmented message or control frame.
/// @return bytes written, 2 to kMaxHeaderSize
std::size_t serialize_header(std::span<std::byte, kMaxHeaderSize> out, Opcode opcode,
                             std::uint64_t payload_size,
                             std::optional<MaskingKey> mask = std::nullopt);

/// Masks or unmasks in place (RFC 6455 §5.3).
/// @param offset  where in the frame's payload `payload` begins
void apply_mask(std::span<std::byte> payload, const MaskingKey& key, std::uint64_t offset = 0);

}  // namespace duet::websocket
