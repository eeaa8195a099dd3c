// SPDX-License-Identifier: MIT
// A router that translates addresses, with the behaviours that RFC 4787 names.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>

#include <compare>
#include <cstdint>
#include <map>
#include <optional>

namespace duet::sim {

enum class Protocol : std::uint8_t { Udp, Tcp };

/// On what a mapping or a filter depends (RFC 4787 §4.1, §5).
enum class Dependence : std::uint8_t { EndpointIndependent, Address, AddressAndPort };

struct NatBehaviour {
  Dependence mapping = Dependence::EndpointIndependent;
  Dependence filtering = Dependence::AddressAndPort;
  bool preserves_ports = false;  // where the port is free
  bool hairpins = true;          // RFC 4787 §6
  Duration lifetime = 120s;      // of a mapping without outgoing packets (RFC 4787 §4.3)
  bool udp = true;               // false: no UDP leaves at all
  bool tcp = true;

  static NatBehaviour full_cone() { return {.filtering = Dependence::EndpointIndependent}; }

  static NatBehaviour restricted_cone() { return {.filtering = Dependence::Address}; }

  static NatBehaviour port_restricted_cone() { return {}; }

  static NatBehaviour symmetric() { return {.mapping = Dependence::AddressAndPort}; }

  static NatBehaviour udp_blocked() { return {.udp = false}; }
};

/// The table of one NAT with one outside address.
class Nat {
 public:
  Nat(NatBehaviour behaviour, IpAddress outside, Random& random)
      : behaviour_{behaviour}, outside_{outside}, random_{&random} {}

  /// The source that `inside` gets on its way to `to`, or nothing if it may not leave.
  std::optional<Endpoint> outgoing(Instant now, Protocol protocol, const Endpoint& inside,
                                   const Endpoint& to);

  /// Whom inside a packet for the outside `port` is for, or nothing if it is dropped.
  std::optional<Endpoint> incoming(Instant now, Protocol protocol, const Endpoint& from,
                                   std::uint16_t port);

  const IpAddress& outside() const { return outside_; }

  const NatBehaviour& behaviour() const { return behaviour_; }

  /// All mappings are gone, as after a restart of the router.
  void forget() {
    mappings_.clear();
    ports_.clear();
  }

 private:
  struct Key {
    Protocol protocol;
    Endpoint inside;
    Endpoint to;  // the parts that the mapping depends on, the rest zero
    auto operator<=>(const Key&) const = default;
  };

  struct Mapping {
    std::uint16_t port;
    Instant used;
    std::map<Endpoint, Instant> contacted;
  };

  static Endpoint part_of(const Endpoint& endpoint, Dependence dependence);
  std::uint16_t free_port(Protocol protocol, std::uint16_t wanted);

  NatBehaviour behaviour_;
  IpAddress outside_;
  Random* random_;
  std::map<Key, Mapping> mappings_;
  std::map<std::pair<Protocol, std::uint16_t>, Key> ports_;
};

}  // namespace duet::sim
