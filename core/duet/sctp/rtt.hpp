// SPDX-License-Identifier: MIT
// Round-trip times and the time-outs made of them (RFC 9260 §6.3.1).
#pragma once

#include <duet/base/time.hpp>

#include <algorithm>
#include <optional>

namespace duet::sctp {

/// Departs from RFC 9260 §16, RTO.Min 1 s: what made that necessary were receivers that wait 200 ms
/// with their SACK. The last chunk of what we send asks for it at once (§3.3.1, I bit), and before
/// a time-out comes a probe that costs one packet. 50 ms is more than a busy machine pauses a
/// process.
inline constexpr Duration kMinRto = 50ms;
/// Departs from RFC 9260 §16, RTO.Max 60 s: after an outage a call goes on within this time.
inline constexpr Duration kMaxRto = 4s;
/// Without any measured round trip; RFC 9260 §16 has 1 s.
inline constexpr Duration kInitialRto = 500ms;
/// A probe follows after this at the earliest: a timer of the system's may be late by some ms.
inline constexpr Duration kMinProbeTimeout = 10ms;
/// Clocks and event loops add this much to a round trip (RFC 9002 §6.1.2, kGranularity).
inline constexpr Duration kGranularity = 1ms;

class RttEstimator {
 public:
  /// @param measured  the round trip that checks below have found, if they have
  explicit RttEstimator(std::optional<Duration> measured) {
    if (!measured) return;
    smoothed_ = std::clamp<Duration>(*measured, Duration{1}, kMaxRto);
    variation_ = smoothed_ / 4;  // many checks have agreed on it
    minimum_ = smoothed_;
    latest_ = smoothed_;
    is_given_ = true;
  }

  /// RFC 6298 §2 with RFC 9260's constants: alpha 1/8, beta 1/4.
  void handle_sample(Duration sample) {
    sample = std::max(sample, Duration{1});
    latest_ = sample;
    if (!has_sample_) {
      if (!is_given_) {
        smoothed_ = sample;
        variation_ = sample / 2;
      }
      minimum_ = sample;
      has_sample_ = true;
    }
    minimum_ = std::min(minimum_, sample);
    const Duration error = smoothed_ > sample ? smoothed_ - sample : sample - smoothed_;
    variation_ = (3 * variation_ + error) / 4;
    smoothed_ = (7 * smoothed_ + sample) / 8;
  }

  bool is_known() const { return has_sample_ || is_given_; }

  Duration smoothed() const { return smoothed_; }

  Duration latest() const { return latest_; }

  /// The least of all samples; zero before there is one.
  Duration minimum() const { return minimum_; }

  /// Of data, before it is doubled.
  Duration rto() const {
    if (!is_known()) return kInitialRto;
    return std::clamp(smoothed_ + std::max(4 * variation_, kGranularity), kMinRto, kMaxRto);
  }

  /// Of INIT and COOKIE ECHO, which are answered at once: nothing else would notice their loss, so
  /// there is no minimum but the granularity of timers.
  Duration handshake_rto() const {
    if (!is_known()) return kInitialRto;
    return std::clamp(smoothed_ + smoothed_ / 4 + kMinProbeTimeout, 2 * kMinProbeTimeout, kMaxRto);
  }

  /// When to ask with a probe whether the last packets came (RFC 9002 §6.2.1).
  Duration probe_timeout() const {
    if (!is_known()) return kInitialRto;
    return std::clamp(smoothed_ + std::max(4 * variation_, kGranularity), kMinProbeTimeout,
                      kMaxRto);
  }

 private:
  Duration smoothed_{};
  Duration variation_{};
  Duration minimum_{};
  Duration latest_{};
  bool is_given_ = false;
  bool has_sample_ = false;
};

}  // namespace duet::sctp
