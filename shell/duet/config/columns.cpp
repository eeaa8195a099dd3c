// SPDX-License-Identifier: MIT
// Text in columns of a terminal, where a Han character takes two.
#include <duet/config/columns.hpp>

#include <algorithm>
#include <array>

namespace duet::config {
namespace {

constexpr std::array<std::string_view, 8> kClosing = {"，", "。", "；", "：",
                                                      "、", "）", "”",  "？"};

bool is_wide(char first) { return (first & '\xF0') == '\xE0'; }

/// What must stay on one line at the front of `text`: a word, or a wide character with the closing
/// punctuation behind it.
std::string_view piece_of(std::string_view text) {
  if (!is_wide(text.front())) {
    const auto* end =
        std::find_if(text.begin(), text.end(), [](char c) { return c == ' ' || is_wide(c); });
    text = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    return text;
  }
  std::size_t size = 3;
  while (std::find(kClosing.begin(), kClosing.end(), text.substr(std::min(size, text.size()), 3)) !=
         kClosing.end()) {
    size += 3;
  }
  return text.substr(0, size);
}

}  // namespace

std::size_t columns(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_wide));
}

std::string wrapped(std::string_view text, std::string_view indent, std::size_t width) {
  std::string out;
  std::size_t used = 0;  // columns of the line so far, its indent not counted
  while (!text.empty()) {
    const bool spaced = text.front() == ' ';
    if (spaced) text.remove_prefix(1);
    if (text.empty()) break;
    const std::string_view piece = piece_of(text);
    const std::size_t more = columns(piece) + (spaced ? 1 : 0);
    if (used > 0 && columns(indent) + used + more > width) {
      out += '\n';
      out += indent;
      used = columns(piece);
    } else {
      if (spaced && used > 0) out += ' ';
      used += more;
    }
    out += piece;
    text.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace duet::config
