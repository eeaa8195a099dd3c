// SPDX-License-Identifier: MIT
// WebSocket frame headers and masking (RFC 6455 §5.2, §5.3).
#include <duet/base/bytes.hpp>
#include <duet/websocket/frame.hpp>

#include <cstring>

namespace duet::websocket {

std::optional<FrameHeader> FrameHeader::parse(std::span<const std::byte> bytes) {
  ByteReader in{bytes};
  const std::uint8_t first = in.u8();
  const std::uint8_t second = in.u8();
  FrameHeader header;
  header.fin = (first & 0x80) != 0;
  header.reserved = first >> 4 & 0x7;
  header.opcode = first & 0xF;
  header.payload_size = second & 0x7F;
  if (header.payload_size == 126) {
    header.payload_size = in.u16();
  } else if (header.payload_size == 127) {
    header.payload_size = in.u64();
  }
  if ((second & 0x80) != 0) header.mask = in.array<4>();
  if (!in.ok()) return std::nullopt;
  header.header_size = bytes.size() - in.size();
  return header;
}

std::size_t serialize_header(std::span<std::byte, kMaxHeaderSize> out, Opcode opcode,
                             std::uint64_t payload_size, std::optional<MaskingKey> mask) {
  std::size_t size = 0;
  const auto put = [&](std::uint64_t value) { out[size++] = static_cast<std::byte>(value & 0xFF); };
  const std::uint64_t mask_bit = mask ? 0x80 : 0;
  put(0x80 | static_cast<std::uint64_t>(opcode));
  if (payload_size < 126) {
    put(mask_bit | payload_size);
  } else if (payload_size <= 0xFFFF) {
    put(mask_bit | 126);
    put(payload_size >> 8);
    put(payload_size);
  } else {
    put(mask_bit | 127);
    for (int shift = 56; shift >= 0; shift -= 8) put(payload_size >> shift);
  }
  if (mask) {
    for (const std::byte b : *mask) out[size++] = b;
  }
  return size;
}

void apply_mask(std::span<std::byte> payload, const MaskingKey& key, std::uint64_t offset) {
  std::array<std::byte, 8> pattern{};
  for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = key[(offset + i) % 4];
  std::uint64_t word_mask = 0;
  std::memcpy(&word_mask, pattern.data(), 8);
  std::size_t at = 0;
  for (; at + 8 <= payload.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + at, 8);
    word ^= word_mask;
    std::memcpy(payload.data() + at, &word, 8);
  }
  for (; at < payload.size(); ++at) payload[at] ^= pattern[at % 8];
}

}  // namespace duet::websocket
