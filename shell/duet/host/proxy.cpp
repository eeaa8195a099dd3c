// SPDX-License-Identifier: MIT
// Who the client is when a trusted proxy stands in front.
#include <duet/base/ascii.hpp>
#include <duet/host/proxy.hpp>

#include <algorithm>
#include <string_view>

namespace duet::host {
namespace {

/// The last element of a comma-separated list, taken off it.
std::string_view pop_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  while (last.starts_with(' ')) last.remove_prefix(1);
  while (last.ends_with(' ')) last.remove_suffix(1);
  return last;
}

}  // namespace

ProxyTrust::ProxyTrust(std::vector<IpPrefix> trusted) : trusted_{std::move(trusted)} {}

bool ProxyTrust::is_trusted(const IpAddress& address) const {
  return std::any_of(trusted_.begin(), trusted_.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

Client ProxyTrust::client_of(const net::HttpRequest& request) const {
  Client client{.address = request.peer.address, .secure = request.secure};
  const std::string forwarded_for = request.list("X-Forwarded-For");  // each proxy may add its own
  const bool forwarded = !forwarded_for.empty() || !request.header("Forwarded").empty();
  if (!is_trusted(request.peer.address)) {
    // A proxy that nobody told us of must not make its clients look local.
    client.loopback = request.is_loopback() && !forwarded;
    return client;
  }
  client.proxied = forwarded;
  client.loopback = request.is_loopback() && !forwarded;
  // From the right: each trusted proxy vouches for the address and the scheme to its left, and for
  // no more.
  const std::string forwarded_proto = request.list("X-Forwarded-Proto");
  std::string_view schemes = forwarded_proto;
  const auto pop_scheme = [&] {
    const std::string_view scheme = pop_last(schemes);
    if (!scheme.empty()) client.secure = equal_ignoring_case(scheme, "https");
  };
  std::string_view list = forwarded_for;
  if (list.empty()) pop_scheme();
  while (!list.empty() && is_trusted(client.address)) {
    pop_scheme();
    const auto address = IpAddress::parse(pop_last(list));
    if (!address) break;
    client.address = address->unmapped();
  }
  return client;
}

}  // namespace duet::host
