// SPDX-License-Identifier: MIT
// When to ask for a key frame again.
#pragma once

#include <duet/base/time.hpp>

#include <algorithm>
#include <cstdint>

namespace duet::media {

/// Paces requests: an encoder that is asked twice makes two large frames. The first goes at once,
/// the next when an answer should have come, each one after twice the time.
class KeyFrameRequests {
 public:
  static constexpr Duration kLeast = 200ms;
  static constexpr Duration kMost = 2s;

  void set_round_trip(Duration round_trip) {
    least_ = std::clamp<Duration>(round_trip + round_trip / 2, kLeast, kMost);
  }

  /// One is wanted. @return whether to ask now
  bool ask(Instant now) {
    if (now < earliest()) return false;
    if (requests_ == 0) interval_ = least_;
    if (requests_ > 0 && requests_ % 2 == 0) interval_ = std::min(2 * interval_, kMost);
    ++requests_;
    asked_at_ = now;
    return true;
  }

  /// When ask() will say yes; any time if none was asked for.
  Instant earliest() const { return requests_ > 0 ? asked_at_ + interval_ : Instant::min(); }

  /// A key frame begins to come: that was the answer.
  void handle_key_frame() { requests_ = 0; }

 private:
  Duration least_ = kLeast;
  Duration interval_ = kLeast;  // after asked_at_
  std::uint64_t requests_ = 0;  // that had no answer
  Instant asked_at_;
};

}  // namespace duet::media
