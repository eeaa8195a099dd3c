// SPDX-License-Identifier: MIT
// The longest packet that gets through (RFC 8899: DPLPMTUD).
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace duet::sctp {

/// SCTP packet that every path carries: an IPv6 packet of 1280 bytes less 40 of IP, 8 of UDP and 37
/// of DTLS 1.2 with AES-GCM, down to a multiple of 4 (RFC 8831 §5).
inline constexpr std::size_t kBaseMtu = 1192;
/// What one DTLS record holds (RFC 6347 §4.1).
inline constexpr std::size_t kMaxMtu = 16384;

/// Climbs the sizes that paths have, one probe at a time; a probe is lost without harm. All sizes
/// are bytes of an SCTP packet.
class PathMtu {
 public:
  static constexpr int kMaxProbes = 3;           // RFC 8899 §5.1.2, MAX_PROBES
  static constexpr Duration kRaiseTimer = 600s;  // RFC 8899 §5.1.1, PMTU_RAISE_TIMER
  /// Time-outs in a row after which a path that carried longer packets is taken to have shrunk
  /// (RFC 8899 §4.3).
  static constexpr int kBlackHoleTimeouts = 2;

  /// @param most  what the layers below can carry at most; kBaseMtu for no search
  explicit PathMtu(std::size_t most) : most_{most} {}

  std::size_t current() const { return current_; }

  /// The association is there: the search may begin.
  void start();

  /// A size to send a probe of now. Call handle_probe_sent() then.
  std::optional<std::size_t> probe_due() const;

  /// @param timeout  how long an answer may take
  void handle_probe_sent(Instant now, Duration timeout);
  void handle_probe_acked(std::size_t size);
  void handle_timeout(Instant now);

  /// Retransmission time-outs in a row; true if the size went back to kBaseMtu.
  bool handle_black_hole(Instant now, int timeouts);

  /// Another path.
  void reset();

  std::optional<Instant> next_timeout() const { return deadline_; }

 private:
  enum class State : std::uint8_t { Idle, Due, Waiting, Complete };

  std::size_t next_size() const;

  std::size_t most_;
  std::size_t current_ = kBaseMtu;
  State state_ = State::Idle;
  int probes_ = 0;  // of this size
  std::optional<Instant> deadline_;
};

}  // namespace duet::sctp
