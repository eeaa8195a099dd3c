// SPDX-License-Identifier: MIT
// How soon the next check may go, and how soon the same one again.
#pragma once

#include <duet/base/time.hpp>

#include <algorithm>
#include <optional>

namespace duet::ice {

/// Lets new checks through: ten at once, then one each 5 ms.
///
/// Departs from RFC 8445 §14.2, which has Ta pass between any two, for what it buys: on a fast path
/// all is said before the first timer. Ten checks are a tenth of what TCP may send at once (ten
/// segments, RFC 6928 §2), and Ta is the least that §14.2 allows.
class Pacer {
 public:
  static constexpr int kBurst = 10;
  static constexpr Duration kTa = 5ms;  // RFC 8445 §14.2

  bool may_send(Instant now) const { return !full_at_ || next() <= now; }

  /// One was sent.
  void take(Instant now) { full_at_ = std::max(full_at_.value_or(now), now) + kTa; }

  /// From when on may_send() is true.
  Instant next() const { return full_at_.value_or(Instant{}) - (kBurst - 1) * kTa; }

 private:
  std::optional<Instant> full_at_;  // when all ten may go at once again
};

/// Round trips of one pair, and the time to wait for an answer that follows from them (RFC 6298
/// §2).
class RoundTrips {
 public:
  /// The least wait: shorter ones find a sleeping process rather than a lost packet.
  static constexpr Duration kMinRto = 25ms;
  /// The longest. RFC 8445 §14.3 begins with it, whatever the path.
  static constexpr Duration kMaxRto = 500ms;

  void add(Duration sample) {
    if (!smoothed_) {
      smoothed_ = sample;
      variation_ = sample / 2;
      return;
    }
    const Duration error = *smoothed_ > sample ? *smoothed_ - sample : sample - *smoothed_;
    variation_ = (3 * variation_ + error) / 4;
    smoothed_ = (7 * *smoothed_ + sample) / 8;
  }

  std::optional<Duration> smoothed() const { return smoothed_; }

  /// @param guess  the round trip where none was measured
  Duration rto(Duration guess) const {
    const Duration wait = smoothed_ ? *smoothed_ + 4 * variation_ : 2 * guess;
    return std::clamp(wait, kMinRto, kMaxRto);
  }

 private:
  std::optional<Duration> smoothed_;
  Duration variation_{};
};

}  // namespace duet::ice
