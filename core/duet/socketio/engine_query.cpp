// SPDX-License-Identifier: MIT
// What an Engine.IO request says in its query string.
#include <duet/socketio/engine_query.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace duet::socketio {
namespace {

/// A percent-decoded value, as far as anything served here is long.
class Value {
 public:
  explicit Value(std::string_view raw) {
    while (!raw.empty() && size_ < text_.size()) {
      unsigned byte = 0;
      const bool escaped = raw.front() == '%' && raw.size() >= 3;
      if (escaped) {
        const auto [stop, error] = std::from_chars(raw.data() + 1, raw.data() + 3, byte, 16);
        if (error != std::errc{} || stop != raw.data() + 3) byte = 0;
      }
      text_[size_++] = escaped ? static_cast<char>(byte) : raw.front();
      raw.remove_prefix(escaped ? 3 : 1);
    }
    cut_ = !raw.empty();
  }

  bool empty() const { return size_ == 0; }

  /// The value, or something that equals nothing served if it is too long.
  std::string_view text() const { return cut_ ? "?" : std::string_view{text_.data(), size_}; }

 private:
  std::array<char, 24> text_{};
  std::size_t size_ = 0;
  bool cut_ = false;
};

std::optional<EngineVersion> parse_version(std::string_view text) {
  if (text == "4") return EngineVersion::V4;
  if (text == "3") return EngineVersion::V3;
  return std::nullopt;
}

std::optional<Transport> parse_transport(std::string_view text) {
  if (text == "polling") return Transport::Polling;
  if (text == "websocket") return Transport::WebSocket;
  return std::nullopt;
}

std::optional<Sid> parse_sid(std::string_view text) {
  Sid sid{};
  if (text.size() != sid.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), sid.begin());
  return sid;
}

/// The value of `key`, or an empty view.
std::string_view find(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=') {
      return pair.substr(key.size() + 1);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

}  // namespace

EngineQuery EngineQuery::parse(std::string_view query) {
  EngineQuery out;
  out.version = parse_version(Value{find(query, "EIO")}.text());
  out.transport = parse_transport(Value{find(query, "transport")}.text());
  const std::string_view sid = find(query, "sid");
  out.has_sid = !sid.empty();
  out.sid = parse_sid(Value{sid}.text());
  if (!find(query, "b64").empty()) out.support = BinarySupport::Base64;
  out.wants_jsonp = !find(query, "j").empty();
  return out;
}

}  // namespace duet::socketio
