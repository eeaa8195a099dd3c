// SPDX-License-Identifier: MIT
// STUN and TURN beside a station's port.
#include "relay.hpp"

#include "listening.hpp"
#include <duet/log/log.hpp>
#include <duet/metrics/relay.hpp>
#include <duet/tls/machine.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <system_error>
#include <utility>

namespace duet::apps {
namespace {

using config::Say;
using Kind = ExternalIp::Kind;

/// Names are looked up again, since dynamic addresses change.
constexpr Duration kLookupInterval = 60s;

/// Who says an external address: the operator, then the names in their order, then visitors.
constexpr std::size_t kOperator = 0;
constexpr std::size_t kVisitors = SIZE_MAX;

/// A container sees an address of its own that nobody outside can use.
bool is_container() {
  return ::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0 ||
         std::getenv("container") != nullptr;  // systemd's container interface
}

/// The address in a Host header, if it is one and no name.
std::optional<IpAddress> address_in(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::nullopt : IpAddress::parse(host.substr(1, end - 1));
  }
  return IpAddress::parse(host.substr(0, host.find(':')));
}

}  // namespace

Relay::Relay(const RelayOptions& options, bool limits_on, std::vector<std::string> secrets,
             Station& station)
    : options_{options},
      station_{station},
      host_{station.loop(), turn_config(options, limits_on, std::move(secrets)), station.random()} {
  station.server().set_stream_service(host_);
  metrics::add_relay(station.metrics(), host_);
  for (const ExternalIp& external : *options.external_ip) {
    if (external.kind == Kind::Address) use(external.address, kOperator);
    if (external.kind != Kind::Name) continue;
    const std::size_t rank = resolvers_.size() + 1;
    resolvers_.push_back(std::make_unique<net::Resolver>(
        station.loop(),
        [this, rank, name = external.name](const std::vector<IpAddress>& addresses) {
          if (addresses.empty()) {
            DUET_WARN(Turn, "the external name has no address", {"name", name});
          }
          use_of(addresses, rank);
        }));
  }
  if (learns()) {
    station.site().observe([this](const http::Request& request, const host::Client& client) {
      if (client.proxied) return;  // the proxy's address is not ours
      if (const auto called = address_in(request.header("Host"))) {
        poll_.vote(client.address, called->unmapped());
      }
    });
  }
  station.on_housekeeping([this] { keep_house(); });
}

void Relay::listen() {
  for (const Endpoint& endpoint : station_.endpoints()) {
    if (!endpoint.address.is_unspecified()) {
      listen_at(endpoint);
      continue;
    }
    listen_at({IpAddress{}, endpoint.port});
    if (!endpoint.address.is_v4()) listen_at(endpoint);
  }
  offer_behavior_discovery();
}

void Relay::listen_at(const Endpoint& endpoint) {
  try {
    endpoints_.push_back(host_.listen(endpoint));
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    if (code == EADDRINUSE)
      throw CannotListen{{Say::PortTaken, {endpoint.to_string() + " (UDP)", "--listen"}}};
    throw CannotListen{
        {Say::CannotListen, {endpoint.to_string() + " (UDP)", error.code().message()}}};
  }
}

void Relay::offer_behavior_discovery() {
  stun::BindingServer server;
  for (const auto family : {IpAddress::Family::V4, IpAddress::Family::V6}) {
    if (const auto pair = open_corners(family)) server.add(*pair);
  }
  host_.machine().set_binding_server(std::move(server));
}

/// RFC 5780 §6: two addresses, two ports, all four of their combinations.
std::optional<stun::AlternatePair> Relay::open_corners(IpAddress::Family family) {
  const auto is_usable = [&](const Endpoint& endpoint) {
    return endpoint.address.family() == family && !endpoint.address.is_unspecified();
  };
  const auto primary = std::find_if(endpoints_.begin(), endpoints_.end(), is_usable);
  if (primary == endpoints_.end()) return std::nullopt;
  const auto other = std::find_if(primary, endpoints_.end(), [&](const Endpoint& endpoint) {
    return is_usable(endpoint) && endpoint.address != primary->address;
  });
  if (other == endpoints_.end()) return std::nullopt;
  stun::AlternatePair pair{*primary, *other};
  if (pair.alternate.port == pair.primary.port) {
    const bool is_last = pair.primary.port == 65535;
    pair.alternate.port = static_cast<std::uint16_t>(pair.primary.port + (is_last ? -1 : 1));
  }
  try {
    for (const Endpoint& corner :
         {Endpoint{pair.primary.address, pair.alternate.port},
          Endpoint{pair.alternate.address, pair.primary.port}, pair.alternate}) {
      const bool open = std::find(endpoints_.begin(), endpoints_.end(), corner) != endpoints_.end();
      if (!open) listen_at(corner);
    }
  } catch (const CannotListen&) {
    DUET_INFO(Turn, "no NAT behavior discovery: a port for it is taken",
              {"port", pair.alternate.port});
    return std::nullopt;
  }
  return pair;
}

bool Relay::learns() const {
  return std::any_of(options_.external_ip->begin(), options_.external_ip->end(),
                     [](const ExternalIp& external) { return external.kind == Kind::Auto; });
}

void Relay::keep_house() {
  const std::vector<IpAddress> own = tls::local_addresses();
  host_.machine().set_listened_addresses(listened_addresses(own));
  host_.set_surroundings(own);
  if (learns()) {
    for (const auto family : {IpAddress::Family::V4, IpAddress::Family::V6}) {
      if (const auto address = poll_.winner(family)) use(*address, kVisitors);
    }
  }
  look_up_names();
}

std::vector<IpAddress> Relay::listened_addresses(const std::vector<IpAddress>& own) const {
  std::vector<IpAddress> out;
  for (const Endpoint& endpoint : endpoints_) {
    const IpAddress& bound = endpoint.address;
    std::copy_if(own.begin(), own.end(), std::back_inserter(out), [&](const IpAddress& one) {
      return one == bound || (bound.is_unspecified() && one.family() == bound.family());
    });
  }
  return out;
}

void Relay::look_up_names() {
  const Instant now = station_.loop().now();
  if (now < next_lookup_) return;
  next_lookup_ = now + kLookupInterval;
  std::size_t index = 0;
  for (const ExternalIp& external : *options_.external_ip) {
    if (external.kind == Kind::Name) resolvers_[index++]->ask(external.name);
  }
}

/// One of each family; the one in use for as long as it is among them, whatever their order.
void Relay::use_of(const std::vector<IpAddress>& addresses, std::size_t rank) {
  for (const auto family : {IpAddress::Family::V4, IpAddress::Family::V6}) {
    const IpAddress* chosen = nullptr;
    for (const IpAddress& address : addresses) {
      if (address.family() != family) continue;
      const bool in_use =
          std::any_of(external_.begin(), external_.end(),
                      [&](const External& external) { return external.address == address; });
      if (chosen == nullptr || in_use) chosen = &address;
    }
    if (chosen != nullptr) use(*chosen, rank);
  }
}

void Relay::use(const IpAddress& address, std::size_t rank) {
  const auto known = std::find_if(external_.begin(), external_.end(), [&](const External& old) {
    return old.address.family() == address.family();
  });
  if (known == external_.end()) {
    external_.push_back({address, rank});
  } else {
    const bool both_are_names = known->rank != kOperator && rank != kVisitors;
    if (known->rank != rank && both_are_names && known->rank != kVisitors &&
        known->address != address && !std::exchange(warned_of_two_names_, true)) {
      DUET_WARN(Turn, "two external names have an address of one family; the first name's is told");
    }
    if (known->rank < rank) return;
    known->rank = rank;
    if (known->address == address) return;
    known->address = address;
  }
  host_.machine().set_relay_address({.advertised = address, .bind = std::nullopt});
  DUET_INFO(Turn, "external address", {"address", log::address(address)});
}

std::string Relay::description(config::Language language) const {
  std::string ports;
  for (const Endpoint& endpoint : station_.endpoints()) {
    const std::string port = std::to_string(endpoint.port);
    if (ports.find(port) == std::string::npos) ports += (ports.empty() ? "" : ", ") + port;
  }
  const std::string through = (station_.tls() != nullptr ? "udp+tcp+tls " : "udp+tcp ") + ports;
  if (!options_.relay_ports->range) return render({Say::RelayInMemory, {through}}, language);
  std::string as;
  for (const ExternalIp& external : *options_.external_ip) {
    // Names are looked up, and visitors come, after this was said.
    const bool is_learned = external.kind == Kind::Auto;
    as += as.empty() ? "" : ", ";
    as += is_learned ? text_of(Say::RelayLearned, language)
                     : config::Codec<ExternalIp>::format(external);
  }
  if (as.empty()) as = text_of(Say::RelayOwnAddress, language);
  const std::string range = config::Codec<RelayPorts>::format(*options_.relay_ports);
  return render({Say::RelayWithPorts, {through, range, as}}, language);
}

std::vector<std::string> Relay::warnings(config::Language language, Page page) const {
  std::vector<std::string> out;
  const auto& endpoints = station_.endpoints();
  const bool inside = std::all_of(endpoints.begin(), endpoints.end(), [](const Endpoint& endpoint) {
    return endpoint.address.is_loopback();
  });
  if (page == Page::Proxied && inside) out.emplace_back(text_of(Say::RelayOnLoopback, language));
  if (page == Page::Proxied && learns()) out.emplace_back(text_of(Say::AutoProxied, language));
  if (page == Page::None && learns()) out.emplace_back(text_of(Say::AutoWithoutPage, language));
  if (auto warning = container_warning(language)) out.push_back(*std::move(warning));
  return out;
}

std::optional<std::string> Relay::container_warning(config::Language language) const {
  // A private address that the operator names may be the host's, in a network of its own.
  const bool told = std::any_of(options_.external_ip->begin(), options_.external_ip->end(),
                                [](const ExternalIp& external) {
                                  return external.kind != Kind::Address || external.address.is_v4();
                                });
  if (told || !is_container()) return std::nullopt;
  std::string own;
  for (const IpAddress& address : tls::local_addresses()) {
    if (!address.is_v4() || address.is_loopback() || address.is_link_local()) continue;
    if (!address.is_private()) return std::nullopt;
    own += (own.empty() ? "" : ", ") + address.to_string();
  }
  if (own.empty()) return std::nullopt;
  const Say say = options_.relay_ports->range ? Say::ContainerWithPorts : Say::ContainerInMemory;
  return render({say, {own}}, language);
}

}  // namespace duet::apps
