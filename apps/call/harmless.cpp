// SPDX-License-Identifier: MIT
// Strangers' text on a terminal.
#include "harmless.hpp"

#include <duet/config/columns.hpp>

#include <algorithm>

namespace duet::apps {

std::string cut(std::string_view line, std::size_t columns) {
  std::size_t end = 0;
  while (end < line.size()) {
    std::size_t next = end + 1;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xC0) == 0x80) ++next;
    if (config::columns(line.substr(0, next)) > columns) break;
    end = next;
  }
  return std::string{line.substr(0, end)};
}

std::vector<std::string> folded(std::string_view line, std::size_t columns) {
  constexpr std::string_view kIndent = "      ";  // as wide as the word that begins a line
  std::vector<std::string> out{{}};
  while (!line.empty()) {
    const std::size_t gap = std::min(line.find("  ", line.find_first_not_of(' ')), line.size());
    const std::string_view piece = line.substr(0, gap);
    if (!out.back().empty() && config::columns(out.back()) + config::columns(piece) > columns) {
      out.emplace_back(kIndent);
      out.back() += piece.substr(std::min(piece.find_first_not_of(' '), piece.size()));
    } else {
      out.back() += piece;
    }
    line.remove_prefix(gap);
  }
  for (std::string& each : out) each = cut(each, columns);
  return out;
}

std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    out += byte < 0x20 || byte == 0x7F || is_c1 ? '?' : text[i];
  }
  return out;
}

}  // namespace duet::apps
