// SPDX-License-Identifier: MIT
// A local and a remote candidate, and what is known of the way between them.
#pragma once

#include <duet/base/time.hpp>
#include <duet/ice/check.hpp>
#include <duet/ice/pace.hpp>
#include <duet/ice/path.hpp>

#include <cstdint>
#include <optional>

namespace duet::ice {

/// RFC 8445 §6.1.2.6.
enum class PairState : std::uint8_t { Frozen, Waiting, InProgress, Succeeded, Failed };

/// What W3C webrtc-stats #dom-rtcicecandidatepairstats counts.
struct PairCounters {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_sent = 0;  // of payload, without heads and padding
  std::uint64_t bytes_received = 0;
  std::uint32_t requests_sent = 0;
  std::uint32_t requests_received = 0;
  std::uint32_t responses_sent = 0;
  std::uint32_t responses_received = 0;
  std::uint32_t consent_requests_sent = 0;
  Duration total_round_trip{};
  std::optional<Duration> current_round_trip;
  std::optional<Instant> last_sent;
  std::optional<Instant> last_received;  // payload, as last_sent
};

/// RFC 8445 §6.1.2. It also stands for the valid pair that its check has found (§7.2.5.3.2): both
/// have the same way of packets, so that one object is enough; `mapped` is the other's candidate.
struct Pair {
  PairId id;
  CandidateId local;  // a host or relayed candidate, whose base packets leave from
  CandidateId remote;
  CandidateId mapped;  // as the peer sees us: of the valid pair; else none
  Source source;
  Endpoint to;
  std::uint64_t foundation = 0;  // equal for pairs of the same foundations
  std::uint32_t local_priority = 0;
  std::uint32_t remote_priority = 0;
  std::uint64_t priority = 0;
  PairState state = PairState::Frozen;
  bool is_udp = true;
  bool is_relayed = false;  // at either end
  bool is_ready = true;     // false while a relay's permission is asked for
  bool is_valid = false;    // a check of ours was answered, and it was not lost since
  bool is_heard = false;    // an authentic check came in
  bool is_nominated = false;
  bool is_wanted_by_peer = false;  // the latest check that came had USE-CANDIDATE
  std::optional<Check> check;      // in progress
  std::optional<Check> cancelled;  // not sent again, and still taken an answer of
  Instant answered;                // when a check of ours was last answered: consent
  Instant heard;                   // when anything authentic, or payload, last came in
  Instant consent_due;
  Instant first_valid;
  RoundTrips round_trips;
  PairCounters counters;

  bool is_pending() const {
    return state == PairState::Frozen || state == PairState::Waiting ||
           state == PairState::InProgress;
  }

  /// Over UDP and without a relay: nothing better is waited for.
  bool is_direct() const { return is_udp && !is_relayed; }
};

}  // namespace duet::ice
