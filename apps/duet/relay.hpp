// SPDX-License-Identifier: MIT
// STUN and TURN beside a station's port.
#pragma once

#include "relay_options.hpp"
#include "station.hpp"
#include <duet/host/relay_host.hpp>
#include <duet/net/resolver.hpp>
#include <duet/turn/address_poll.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duet::apps {

class Relay {
 public:
  /// The station and the options must outlive the relay.
  Relay(const RelayOptions& options, bool limits_on, std::vector<std::string> secrets,
        Station& station);

  /// UDP at the ports that the station listens on. Where it listens on two addresses of a family,
  /// at a second port of both too, so that clients can find out how their NAT behaves (RFC 5780).
  /// @throws CannotListen
  void listen();

  /// Takes no new allocations any more.
  void drain() { host_.machine().drain(); }

  /// Of those who are relayed.
  std::size_t allocation_count() const { return host_.machine().counters().allocations; }

  /// For people: what is told as relayed addresses, and what that is good for.
  std::string description(config::Language language) const;
  /// How people come to a page beside this relay.
  enum class Page : std::uint8_t {
    Direct,
    Proxied,  ///< by a proxy, which carries nothing else
    None      ///< there is none
  };

  /// What would go wrong, a sentence each.
  std::vector<std::string> warnings(config::Language language, Page page) const;

 private:
  void listen_at(const Endpoint& endpoint);
  void offer_behavior_discovery();
  std::optional<stun::AlternatePair> open_corners(IpAddress::Family family);
  void keep_house();
  /// Which of this machine's own it listens at.
  std::vector<IpAddress> listened_addresses(const std::vector<IpAddress>& own) const;
  void look_up_names();
  void use_of(const std::vector<IpAddress>& addresses, std::size_t rank);
  /// @param rank  of who says so: of two for one family the lower one holds
  void use(const IpAddress& address, std::size_t rank);
  bool learns() const;
  std::optional<std::string> container_warning(config::Language language) const;

  const RelayOptions& options_;
  Station& station_;
  host::RelayHost host_;
  turn::AddressPoll poll_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::unique_ptr<net::Resolver>> resolvers_;  // one for each name

  /// An address in use, at most one of each family.
  struct External {
    IpAddress address;
    std::size_t rank;
  };

  std::vector<External> external_;
  bool warned_of_two_names_ = false;
  Instant next_lookup_{};
};

}  // namespace duet::apps
