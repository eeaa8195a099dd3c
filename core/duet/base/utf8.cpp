// SPDX-License-Identifier: MIT
// UTF-8: is it valid, and how long is it in UTF-16.
#include <duet/base/utf8.hpp>

#include <cstdint>
#include <cstring>

namespace duet {
namespace {

/// The second byte's range depends on the first (Unicode 15 table 3-7).
struct Form {
  std::size_t size;  // bytes; 0 if no character begins so
  std::uint8_t second_low;
  std::uint8_t second_high;
};

constexpr Form form_of(std::uint8_t first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

constexpr bool is_continuation(char c) { return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80; }

/// Bytes of ASCII at the front, found eight at a time.
std::size_t ascii_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080) != 0) break;
  }
  return at;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (const std::size_t ascii = ascii_prefix(text); ascii > 0) {
      text.remove_prefix(ascii);
      continue;
    }
    const Form form = form_of(static_cast<std::uint8_t>(text[0]));
    if (form.size == 0 || text.size() < form.size) return false;
    if (form.size > 1) {
      const auto second = static_cast<std::uint8_t>(text[1]);
      if (second < form.second_low || second > form.second_high) return false;
      for (std::size_t i = 2; i < form.size; ++i) {
        if (!is_continuation(text[i])) return false;
      }
    }
    text.remove_prefix(form.size);
  }
  return true;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    if (is_continuation(c)) continue;
    units += static_cast<std::uint8_t>(c) >= 0xF0 ? 2 : 1;
  }
  return units;
}

std::size_t utf16_prefix(std::string_view text, std::size_t units) {
  std::size_t at = 0;
  while (units > 0 && at < text.size()) {
    const Form form = form_of(static_cast<std::uint8_t>(text[at]));
    const std::size_t taken = form.size == 4 ? 2 : 1;
    if (taken > units) return std::string_view::npos;
    units -= taken;
    at += form.size;
  }
  return units == 0 ? at : std::string_view::npos;
}

}  // namespace duet
