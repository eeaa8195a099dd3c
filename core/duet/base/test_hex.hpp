// SPDX-License-Identifier: MIT
// For tests: bytes out of hexadecimal digits.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace duet {

/// Of lower-case digits; spaces don't count.
inline std::vector<std::byte> from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::byte> bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    if (high < 0) {
      high = digit(c);
      continue;
    }
    bytes.push_back(static_cast<std::byte>(high << 4 | digit(c)));
    high = -1;
  }
  return bytes;
}

}  // namespace duet
