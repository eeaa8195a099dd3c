// SPDX-License-Identifier: MIT
// A host and a port, as URIs and Host headers have them.
#include <duet/base/address.hpp>
#include <duet/base/authority.hpp>

#include <algorithm>
#include <charconv>

namespace duet {
namespace {

constexpr std::size_t kMaxHostSize = 255;  // RFC 1035 §2.3.4

// RFC 3986 §3.2.2, reg-name as names of hosts use it.
bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool take_host(std::string_view& rest, std::string& host) {
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return false;
    host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    const auto address = IpAddress::parse(host);
    return address && !address->is_v4();
  }
  const std::size_t size = std::min(rest.find(':'), rest.size());
  host = rest.substr(0, size);
  rest.remove_prefix(size);
  return !host.empty() && host.size() <= kMaxHostSize &&
         std::all_of(host.begin(), host.end(), is_host_character);
}

bool take_port(std::string_view rest, std::uint16_t& port) {
  if (rest.empty()) return true;
  if (!rest.starts_with(':')) return false;
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  return error == std::errc{} && end == rest.data() + rest.size() && port != 0;
}

}  // namespace

std::optional<Authority> Authority::parse(std::string_view text, std::uint16_t default_port) {
  Authority authority{.host = {}, .port = default_port};
  if (!take_host(text, authority.host) || !take_port(text, authority.port)) return std::nullopt;
  return authority;
}

std::string Authority::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

}  // namespace duet
