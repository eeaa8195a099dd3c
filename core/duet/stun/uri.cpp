// SPDX-License-Identifier: MIT
// stun: and turn: URIs.
#include <duet/base/address.hpp>
#include <duet/stun/uri.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace duet::stun {
namespace {

constexpr std::size_t kMaxHostSize = 255;  // RFC 1035 §2.3.4

constexpr std::array<std::pair<std::string_view, Uri::Scheme>, 4> kSchemes = {{
    {"stun", Uri::Scheme::Stun},
    {"stuns", Uri::Scheme::Stuns},
    {"turn", Uri::Scheme::Turn},
    {"turns", Uri::Scheme::Turns},
}};

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

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

std::optional<Uri> Uri::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string name = lower(text.substr(0, colon));
  const auto* known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                   [&](const auto& entry) { return entry.first == name; });
  if (known == kSchemes.end()) return std::nullopt;
  Uri uri;
  uri.scheme = known->second;
  uri.port = uri.is_secure() ? 5349 : 3478;  // RFC 7064 §3.2, RFC 7065 §3.2
  uri.transport = uri.is_secure() ? Transport::Tcp : Transport::Udp;

  std::string_view rest = text.substr(colon + 1);
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    if (uri.scheme == Scheme::Stun || uri.scheme == Scheme::Stuns) return std::nullopt;
    const std::string query = lower(rest.substr(mark + 1));
    if (query != "transport=udp" && query != "transport=tcp") return std::nullopt;
    uri.transport = query == "transport=udp" ? Transport::Udp : Transport::Tcp;
    if (uri.is_secure() && uri.transport == Transport::Udp) return std::nullopt;
    rest = rest.substr(0, mark);
  }
  if (!take_host(rest, uri.host) || !take_port(rest, uri.port)) return std::nullopt;
  return uri;
}

std::string Uri::to_string() const {
  const auto* known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                   [&](const auto& entry) { return entry.second == scheme; });
  std::string text{known->first};
  const bool is_v6 = host.find(':') != std::string::npos;
  text += is_v6 ? ":[" + host + "]:" : ":" + host + ":";
  text += std::to_string(port);
  if (scheme == Scheme::Turn || scheme == Scheme::Turns) {
    text += transport == Transport::Udp ? "?transport=udp" : "?transport=tcp";
  }
  return text;
}

}  // namespace duet::stun
