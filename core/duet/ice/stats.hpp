// SPDX-License-Identifier: MIT
// What an agent counts, as the W3C's statistics need it.
#pragma once

#include <duet/ice/local.hpp>
#include <duet/ice/pair.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>

namespace duet::ice {

/// W3C webrtc-stats #dom-rtcicecandidatepairstats.
struct PairStats {
  PairId id;
  CandidateId local;  // of a valid pair the one that the peer sees
  CandidateId remote;
  PairState state = PairState::Frozen;
  std::uint64_t priority = 0;
  bool is_nominated = false;
  bool is_selected = false;
  PairCounters counters;
};

/// W3C webrtc-stats #dom-rtcicecandidatestats.
struct CandidateStats {
  CandidateId id;
  bool is_remote = false;
  Candidate candidate;                // as it was told: a name hides its address
  std::string ufrag;                  // whose checks it is for; empty if nobody has said
  std::optional<Carrier> relay;       // of a relayed one of ours
  std::optional<std::size_t> server;  // of a reflexive or relayed one, in Config::servers
};

/// Why something that came in was dropped.
enum class Drop : std::uint8_t {
  NotFromPeer,     ///< payload of somebody who has shown nothing
  NotStun,         ///< what can't be parsed, or has a wrong FINGERPRINT or none
  OtherMethod,     ///< STUN, and no Binding
  UnknownUfrag,    ///< a request for somebody else, or of before a restart
  WrongIntegrity,  ///< a request of who doesn't know the password
  Malformed,       ///< an authentic request without what it must have: answered with 400 or 420
  UnknownAnswer,   ///< an answer to nothing that we asked
  ForgedAnswer,    ///< an answer of who doesn't know the password
  UnknownStream,   ///< a frame of a stream that isn't open
  TooMany,         ///< peer-reflexive candidates, pairs, streams or packets beyond Limits
};

inline constexpr std::size_t kDrops = static_cast<std::size_t>(Drop::TooMany) + 1;

struct Counters {
  std::array<std::uint64_t, kDrops> dropped{};

  // Payload over all pairs, those that are gone included (W3C webrtc-stats
  // #dom-rtctransportstats).
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint32_t selections = 0;  // of another pair than before, or the first one

  std::uint64_t of(Drop reason) const { return dropped[static_cast<std::size_t>(reason)]; }

  std::uint64_t total() const {
    return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
  }
};

}  // namespace duet::ice
