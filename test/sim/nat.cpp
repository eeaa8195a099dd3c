// SPDX-License-Identifier: MIT
// A router that translates addresses.
#include "nat.hpp"

#include <algorithm>

namespace duet::sim {

std::optional<Endpoint> Nat::outgoing(Instant now, Protocol protocol, const Endpoint& inside,
                                      const Endpoint& to) {
  if (protocol == Protocol::Udp ? !behaviour_.udp : !behaviour_.tcp) return std::nullopt;
  const Key key{protocol, inside, part_of(to, behaviour_.mapping)};
  auto found = mappings_.find(key);
  if (found != mappings_.end() && now - found->second.used > behaviour_.lifetime) {
    ports_.erase({protocol, found->second.port});
    mappings_.erase(found);
    found = mappings_.end();
  }
  if (found == mappings_.end()) {
    const std::uint16_t port = free_port(protocol, inside.port);
    found = mappings_.emplace(key, Mapping{.port = port, .used = now, .contacted = {}}).first;
    ports_.emplace(std::pair{protocol, port}, key);
  }
  found->second.used = now;
  found->second.contacted[part_of(to, behaviour_.filtering)] = now;
  return Endpoint{outside_, found->second.port};
}

std::optional<Endpoint> Nat::incoming(Instant now, Protocol protocol, const Endpoint& from,
                                      std::uint16_t port) {
  const auto key = ports_.find({protocol, port});
  if (key == ports_.end()) return std::nullopt;
  const Mapping& mapping = mappings_.at(key->second);
  if (now - mapping.used > behaviour_.lifetime) return std::nullopt;
  if (!mapping.contacted.contains(part_of(from, behaviour_.filtering))) return std::nullopt;
  return key->second.inside;
}

Endpoint Nat::part_of(const Endpoint& endpoint, Dependence dependence) {
  switch (dependence) {
    case Dependence::EndpointIndependent:
      return {};
    case Dependence::Address:
      return {endpoint.address, 0};
    case Dependence::AddressAndPort:
      break;
  }
  return endpoint;
}

std::uint16_t Nat::free_port(Protocol protocol, std::uint16_t wanted) {
  if (behaviour_.preserves_ports && !ports_.contains({protocol, wanted})) return wanted;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(1024 + random_->u64() % 64000);
    if (!ports_.contains({protocol, port})) return port;
  }
}

}  // namespace duet::sim
