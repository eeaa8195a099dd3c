// SPDX-License-Identifier: MIT
// What an agent says of itself.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/time.hpp>
#include <duet/ice/candidate.hpp>
#include <duet/ice/config.hpp>
#include <duet/ice/framing.hpp>
#include <duet/ice/path.hpp>
#include <duet/stun/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace duet::ice {

/// W3C webrtc #dom-rtcicetransportstate.
enum class State : std::uint8_t {
  New,
  Checking,
  Connected,
  Completed,
  Disconnected,
  Failed,
  Closed
};

/// W3C webrtc #dom-rtcicegatheringstate.
enum class GatheringState : std::uint8_t { New, Gathering, Complete };

struct StateChanged {
  State state;
};

struct GatheringStateChanged {
  GatheringState state;
};

/// A candidate to tell the peer, as it may be told: with a name in place of a hidden address.
struct LocalCandidateFound {
  CandidateId id;
  Candidate candidate;
};

/// A name was made for an address of ours: answer for it in mDNS while the agent lives.
struct NameMade {
  std::string name;
  IpAddress address;
};

/// Look this mDNS name up, and tell by Agent::handle_resolved().
struct ResolveWanted {
  std::string name;
};

/// A server gave no candidate (W3C webrtc #dom-rtcpeerconnectioniceerrorevent).
struct ServerFailed {
  std::size_t server = 0;               // its place in Config::servers
  Endpoint base;                        // from which address
  std::optional<stun::ErrorCode> code;  // nothing: no answer, W3C's 701
};

/// Open a stream; tell by Agent::handle_stream_connected() or handle_stream_closed().
struct StreamWanted {
  StreamId stream;
  Carrier carrier;  // Tcp or Tls
  Framing framing;
  Endpoint local;  // the address to bind; the port is the system's choice
  Endpoint remote;
  std::string host;  // of Tls: Server::host
};

/// Close it, or give up opening it.
struct StreamUnwanted {
  StreamId stream;
};

struct PairFormed {
  PairId pair;
};

struct CheckSent {
  PairId pair;
  bool is_nominating = false;
  int transmission = 1;  // 1, and more for each time that it is sent again
};

struct CheckAnswered {
  PairId pair;
  bool is_nominating;
  Duration round_trip;
};

struct CheckFailed {
  PairId pair;
  std::optional<stun::ErrorCode> code;  // nothing: no answer
};

/// From now on packets go this way.
struct PairSelected {
  PairId pair;
};

/// Both had the same role, or the owner set another (RFC 8445 §7.3.1.1).
struct RoleChanged {
  Role role;
};

using Event = std::variant<StateChanged, GatheringStateChanged, LocalCandidateFound, NameMade,
                           ResolveWanted, ServerFailed, StreamWanted, StreamUnwanted, PairFormed,
                           CheckSent, CheckAnswered, CheckFailed, PairSelected, RoleChanged>;

}  // namespace duet::ice
