// SPDX-License-Identifier: MIT
// What an agent is told when it is made.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/time.hpp>
#include <duet/ice/credentials.hpp>
#include <duet/ice/priority.hpp>
#include <duet/turn/credentials.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::ice {

/// RFC 8445 §4: the controlling agent nominates.
enum class Role : std::uint8_t { Controlling, Controlled };

constexpr Role other(Role role) {
  return role == Role::Controlling ? Role::Controlled : Role::Controlling;
}

/// W3C webrtc #dom-rtcicetransportpolicy.
enum class Policy : std::uint8_t { All, Relay };

/// A STUN or TURN server whose name the owner has resolved: one for each address, and one for each
/// carrier. A TURN server is asked for the reflexive address as well.
struct Server {
  enum class Kind : std::uint8_t { Stun, Turn };

  Kind kind = Kind::Stun;
  Carrier carrier = Carrier::Udp;  // of Stun always UDP
  Endpoint endpoint;
  turn::Credential credential;  // of Turn
  std::string host;             // whom a certificate must name, of Tls; passed on in StreamWanted
};

/// What strangers, or a peer in its mind, may make an agent keep. What is beyond is dropped and
/// counted.
struct Limits {
  std::size_t local_addresses = 32;    // interfaces, containers and tunnels of one machine
  std::size_t remote_candidates = 64;  // browsers with many interfaces give about 20
  std::size_t peer_reflexive = 16;     // of each end; a symmetric NAT makes one for each base
  std::size_t pairs = 100;             // RFC 8445 §6.1.2.5
  std::size_t relays = 16;             // allocations: servers times local addresses
  std::size_t streams = 32;            // TCP connections, wanted and accepted
  std::size_t transmits = 64;          // packets that wait to be polled
};

struct Config {
  Role role = Role::Controlled;
  Policy policy = Policy::All;
  bool is_lite = false;          // RFC 8445 §2.5: only answers; host candidates only
  bool allows_loopback = false;  // candidates of 127.0.0.0/8 and ::1
  bool hides_addresses = false;  // host candidates are given mDNS names
  std::vector<Server> servers;
  /// Ours, where a description names them already; nothing to have them made.
  std::optional<Credentials> credentials;
  Limits limits;
  /// Until the first answer: half of the time after which a check is sent again. A guess that is
  /// too short costs some small packets, one that is too long costs time only where packets are
  /// lost.
  Duration initial_rtt = 50ms;
};

}  // namespace duet::ice
