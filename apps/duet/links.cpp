// SPDX-License-Identifier: MIT
// Under which addresses people can open the page.
#include "links.hpp"

#include <duet/tls/machine.hpp>

#include <algorithm>

namespace duet::apps {
namespace {

std::string url(std::string_view scheme, std::string_view host, std::uint16_t port) {
  std::string out{scheme};
  out += "://";
  out += host;
  const bool implied = (scheme == "http" && port == 80) || (scheme == "https" && port == 443);
  if (!implied) out += ":" + std::to_string(port);
  return out;
}

std::string host_of(const IpAddress& address) {
  return address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
}

/// Addresses that people on the network would type: no loopback, and no link-local one, which
/// browsers can't open without a zone.
bool is_typed(const IpAddress& address) {
  return address.is_v4() && !address.is_loopback() && !address.is_link_local();
}

}  // namespace

std::vector<Link> links_to(std::span<const Endpoint> endpoints, const ServeOptions& options,
                           const tls::TlsContext* tls) {
  std::vector<Link> links;
  const auto add = [&](LinkKind kind, std::string link) {
    const bool known = std::any_of(links.begin(), links.end(),
                                   [&](const Link& other) { return other.url == link; });
    if (!known) links.push_back({kind, std::move(link)});
  };
  const std::string_view outside = tls != nullptr ? "https" : "http";
  const std::vector<IpAddress> certified =
      tls != nullptr ? tls->certificate().names().addresses : std::vector<IpAddress>{};
  const auto add_address = [&](const IpAddress& address, std::uint16_t port) {
    const bool is_certified =
        tls == nullptr || std::ranges::find(certified, address) != certified.end();
    add(is_certified ? LinkKind::Network : LinkKind::Internet,
        url(outside, host_of(address), port));
  };
  for (const auto& [address, port] : endpoints) {
    if (*options.conformance) {
      add(LinkKind::Fixture, url("http", host_of(address), port));
      continue;
    }
    if (address.is_unspecified() || address == IpAddress::v4({127, 0, 0, 1})) {
      add(LinkKind::ThisMachine, url("http", "localhost", port));
    } else if (address.is_loopback()) {
      add(LinkKind::ThisMachine, url("http", host_of(address), port));
    }
    if (*options.cert && tls != nullptr) {
      for (const std::string& name : tls->certificate().names().dns) {
        if (!name.starts_with('*')) add(LinkKind::Public, url(outside, name, port));
      }
      continue;
    }
    if (address.is_unspecified()) {
      for (const IpAddress& local : tls::local_addresses()) {
        if (is_typed(local)) add_address(local, port);
      }
    } else if (!address.is_loopback()) {
      add_address(address, port);
    }
  }
  return links;
}

}  // namespace duet::apps
