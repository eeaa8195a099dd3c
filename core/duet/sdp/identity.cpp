// SPDX-License-Identifier: MIT
// A few lines of a description found without reading the rest.
#include <duet/sdp/identity.hpp>

#include <cstddef>

namespace duet::sdp {
namespace {

/// What follows `start` in the first line that begins with it.
std::string_view line_after(std::string_view text, std::string_view start) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(start)) return line.substr(start.size());
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return {};
}

}  // namespace

std::string_view origin_of(std::string_view text) {
  const std::string_view line = line_after(text, "o=");  // username, id, version, ...
  const auto user = line.find(' ');
  if (user == std::string_view::npos) return {};
  const auto id = line.find(' ', user + 1);
  if (id == std::string_view::npos) return {};
  return line.substr(user + 1, line.find(' ', id + 1) - user - 1);
}

std::string_view session_id_of(std::string_view text) {
  const std::string_view origin = origin_of(text);
  return origin.substr(0, origin.find(' '));
}

std::string_view ice_ufrag_of(std::string_view text) { return line_after(text, "a=ice-ufrag:"); }

std::string_view fingerprint_of(std::string_view text) {
  constexpr std::string_view kStart = "a=fingerprint:";
  const std::string_view first = line_after(text, kStart);
  while (true) {
    const std::string_view next = line_after(text, kStart);
    if (next.empty()) return first;
    if (next != first) return {};
    text.remove_prefix(static_cast<std::size_t>(next.data() + next.size() - text.data()));
  }
}

}  // namespace duet::sdp
