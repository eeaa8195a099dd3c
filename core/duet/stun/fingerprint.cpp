// SPDX-License-Identifier: MIT
// CRC-32, four bytes at a time.
#include <duet/stun/fingerprint.hpp>

#include <array>

namespace duet::stun {
namespace {

using Table = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Table make_table() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    table[0][i] = crc;
  }
  for (std::size_t k = 1; k < 4; ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xFF];
    }
  }
  return table;
}

constexpr Table kTable = make_table();

}  // namespace

std::uint32_t fingerprint(std::span<const std::byte> message) {
  std::uint32_t crc = 0xFFFFFFFF;
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(message[i]); };
  for (; message.size() >= 4; message = message.subspan(4)) {
    crc ^= at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24;
    crc = kTable[3][crc & 0xFF] ^ kTable[2][crc >> 8 & 0xFF] ^ kTable[1][crc >> 16 & 0xFF] ^
          kTable[0][crc >> 24];
  }
  for (const std::byte b : message) {
    crc = crc >> 8 ^ kTable[0][(crc ^ std::to_integer<std::uint32_t>(b)) & 0xFF];
  }
  return ~crc ^ 0x5354554E;
}

}  // namespace duet::stun
