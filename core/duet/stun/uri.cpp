// SPDX-License-Identifier: MIT
// stun: and turn: URIs.
#include <duet/base/ascii.hpp>
#include <duet/base/authority.hpp>
#include <duet/stun/uri.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::stun {
namespace {

constexpr std::array<std::pair<std::string_view, Uri::Scheme>, 4> kSchemes = {{
    {"stun", Uri::Scheme::Stun},
    {"stuns", Uri::Scheme::Stuns},
    {"turn", Uri::Scheme::Turn},
    {"turns", Uri::Scheme::Turns},
}};

}  // namespace

std::optional<Uri> Uri::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string name = to_lower(text.substr(0, colon));
  const auto* known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                   [&](const auto& entry) { return entry.first == name; });
  if (known == kSchemes.end()) return std::nullopt;
  Uri uri;
  uri.scheme = known->second;
  uri.transport = uri.is_secure() ? Transport::Tcp : Transport::Udp;

  std::string_view rest = text.substr(colon + 1);
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    if (uri.scheme == Scheme::Stun || uri.scheme == Scheme::Stuns) return std::nullopt;
    const std::string query = to_lower(rest.substr(mark + 1));
    if (query != "transport=udp" && query != "transport=tcp") return std::nullopt;
    uri.transport = query == "transport=udp" ? Transport::Udp : Transport::Tcp;
    if (uri.is_secure() && uri.transport == Transport::Udp) return std::nullopt;
    rest = rest.substr(0, mark);
  }
  // RFC 7064 §3.2, RFC 7065 §3.2
  auto authority = Authority::parse(rest, uri.is_secure() ? 5349 : 3478);
  if (!authority) return std::nullopt;
  uri.host = std::move(authority->host);
  uri.port = authority->port;
  return uri;
}

std::string Uri::to_string() const {
  const auto* known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                   [&](const auto& entry) { return entry.second == scheme; });
  std::string text{known->first};
  text += ':';
  text += Authority{.host = host, .port = port}.to_string();
  if (scheme == Scheme::Turn || scheme == Scheme::Turns) {
    text += transport == Transport::Udp ? "?transport=udp" : "?transport=tcp";
  }
  return text;
}

}  // namespace duet::stun
