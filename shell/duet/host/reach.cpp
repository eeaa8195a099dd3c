// SPDX-License-Identifier: MIT
// By which name and port a client reaches this server.
#include <duet/host/reach.hpp>

#include <algorithm>
#include <utility>

namespace duet::host {

Authority reach_of(const http::Request& request, const Client& client) {
  // RFC 9110 §4.2.1 and §4.2.2: the ports that browsers leave out.
  auto said = Authority::parse(request.header("Host"), request.secure ? 443 : 80);
  if (!said) {
    return {.host = request.local.address.unmapped().to_string(), .port = request.local.port};
  }
  if (client.proxied) said->port = request.local.port;
  return *std::move(said);
}

std::shared_ptr<const Authority> Reaches::of(const http::Request& request, const Client& client) {
  Authority authority = reach_of(request, client);
  const auto* known = std::find_if(recent_.begin(), recent_.end(), [&](const auto& entry) {
    return entry != nullptr && *entry == authority;
  });
  if (known != recent_.end()) return *known;
  next_ = (next_ + 1) % kRecent;
  return recent_.at(next_) = std::make_shared<const Authority>(std::move(authority));
}

}  // namespace duet::host
