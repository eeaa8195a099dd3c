// SPDX-License-Identifier: MIT
// Escapes of half a surrogate pair in JSON, such as "\ud800".
#include <duet/socketio/lone_surrogates.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace duet::socketio {
namespace {

constexpr std::size_t kEscapeSize = 6;  // \uXXXX

/// The UTF-16 code unit that the escape at the front of `text` says, if there is one.
std::optional<std::uint16_t> escaped_unit(std::string_view text) {
  if (text.size() < kEscapeSize || !text.starts_with("\\u")) return std::nullopt;
  const char* const end = text.data() + kEscapeSize;
  std::uint16_t unit = 0;
  const auto [stop, error] = std::from_chars(text.data() + 2, end, unit, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return unit;
}

bool is_high(std::uint16_t unit) { return (unit & 0xFC00) == 0xD800; }

bool is_low(std::uint16_t unit) { return (unit & 0xFC00) == 0xDC00; }

}  // namespace

std::optional<std::string> replace_lone_surrogates(std::string_view text) {
  std::optional<std::string> out;
  std::size_t at = text.find('\\');
  while (at < text.size()) {
    const auto unit = escaped_unit(text.substr(at));
    std::size_t size = unit ? kEscapeSize : 2;  // \\, \", \n
    if (unit && (is_high(*unit) || is_low(*unit))) {
      const auto next = escaped_unit(text.substr(at + kEscapeSize));
      if (is_high(*unit) && next && is_low(*next)) {
        size = 2 * kEscapeSize;
      } else {
        if (!out) out = text;
        out->replace(at, kEscapeSize, "\\ufffd");
      }
    }
    at = text.find('\\', at + size);
  }
  return out;
}

}  // namespace duet::socketio
