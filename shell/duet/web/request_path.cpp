// SPDX-License-Identifier: MIT
// A request's path, taken apart once and safely.
#include <duet/web/request_path.hpp>

#include <optional>
#include <utility>

namespace duet::web {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = digit(text[i + 1]);
    const int low = digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool is_allowed(std::string_view name) {
  if (name.empty() || name.front() == '.') return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/' || c == '\\') return false;
  }
  return true;
}

// RFC 3986 §2.3: what never has to be encoded.
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

Result<RequestPath, PathError> RequestPath::parse(std::string_view path) {
  if (!path.starts_with('/')) return fail(PathError::Malformed);
  path.remove_prefix(1);
  RequestPath parsed{.names = {}, .is_directory = path.empty() || path.back() == '/'};
  if (parsed.is_directory && !path.empty())
    path.remove_suffix(1);
  else if (parsed.is_directory)
    return parsed;
  for (bool more = true; more;) {
    const std::size_t end = path.find('/');
    auto name = decode(path.substr(0, end));
    if (!name) return fail(PathError::Malformed);
    if (!is_allowed(*name)) return fail(PathError::Forbidden);
    parsed.names.push_back(*std::move(name));
    more = end != std::string_view::npos;
    if (more) path.remove_prefix(end + 1);
  }
  return parsed;
}

std::string RequestPath::joined() const {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += '/';
    text += name;
  }
  return text;
}

std::string RequestPath::encoded_directory() const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text = "/";
  for (const std::string& name : names) {
    for (const char c : name) {
      if (is_unreserved(c)) {
        text += c;
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    text += '/';
  }
  return text;
}

}  // namespace duet::web
