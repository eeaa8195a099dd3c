// SPDX-License-Identifier: MIT
// Who the client is when a trusted proxy stands in front.
#include <duet/base/ascii.hpp>
#include <duet/host/proxy.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace duet::host {
namespace {

void trim(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
}

/// The last element of a comma-separated list, taken off it.
std::string_view pop_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  trim(last);
  return last;
}

/// An address as proxies write it: some add the port, and then brackets to IPv6 (RFC 7239 §6).
std::optional<IpAddress> parse_node(std::string_view node) {
  if (node.starts_with('[')) {
    node = node.substr(1, node.find(']') - 1);
  } else if (std::count(node.begin(), node.end(), ':') == 1) {
    node = node.substr(0, node.find(':'));
  }
  return IpAddress::parse(node);
}

/// The value of `key` in `for=192.0.2.1;proto=https` (RFC 7239 §4).
std::string_view value_of(std::string_view element, std::string_view key) {
  while (!element.empty()) {
    const std::size_t end = std::min(element.find(';'), element.size());
    std::string_view pair = element.substr(0, end);
    element.remove_prefix(std::min(end + 1, element.size()));
    trim(pair);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (!equal_ignoring_case(pair.substr(0, equals), key)) continue;
    pair.remove_prefix(equals + 1);
    const bool is_quoted = pair.size() >= 2 && pair.front() == '"' && pair.back() == '"';
    return is_quoted ? pair.substr(1, pair.size() - 2) : pair;
  }
  return {};
}

/// What the proxies on the way say of who asked them: lists, the last proxy's word last.
struct Forwarded {
  std::string addresses;
  std::string schemes;

  static Forwarded of(const http::Request& request) {
    Forwarded out{request.list("X-Forwarded-For"), request.list("X-Forwarded-Proto")};
    const std::string elements = request.list("Forwarded");
    if (!out.addresses.empty() || elements.empty()) return out;
    out = {};
    for (std::string_view rest = elements; !rest.empty();) {
      if (rest.size() < elements.size()) {
        out.addresses += ',';
        out.schemes += ',';
      }
      const std::size_t end = std::min(rest.find(','), rest.size());
      out.addresses += value_of(rest.substr(0, end), "for");
      out.schemes += value_of(rest.substr(0, end), "proto");
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
  }
};

}  // namespace

ProxyTrust::ProxyTrust(std::vector<IpPrefix> trusted) : trusted_{std::move(trusted)} {}

bool ProxyTrust::is_trusted(const IpAddress& address) const {
  return std::any_of(trusted_.begin(), trusted_.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

Client ProxyTrust::client_of(const http::Request& request) const {
  Client client{.address = request.peer.address, .secure = request.secure};
  const bool forwarded =
      !request.list("X-Forwarded-For").empty() || !request.header("Forwarded").empty();
  if (!is_trusted(request.peer.address)) {
    // A proxy that nobody told us of must not make its clients look local.
    client.loopback = request.is_loopback() && !forwarded;
    return client;
  }
  client.proxied = forwarded;
  client.loopback = request.is_loopback() && !forwarded;
  // From the right: each trusted proxy vouches for the address and the scheme to its left, and for
  // no more.
  const Forwarded said = Forwarded::of(request);
  std::string_view schemes = said.schemes;
  const auto pop_scheme = [&] {
    const std::string_view scheme = pop_last(schemes);
    if (!scheme.empty()) client.secure = equal_ignoring_case(scheme, "https");
  };
  std::string_view list = said.addresses;
  if (list.empty()) pop_scheme();
  client.shared = true;  // until it is told whose it is
  while (!list.empty() && is_trusted(client.address)) {
    pop_scheme();
    const auto address = parse_node(pop_last(list));
    client.shared = !address;
    if (!address) break;
    client.address = address->unmapped();
  }
  return client;
}

}  // namespace duet::host
