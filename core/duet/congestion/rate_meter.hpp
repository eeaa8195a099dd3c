// SPDX-License-Identifier: MIT
// Bytes over the last second.
#pragma once

#include <duet/base/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace duet::congestion {

/// Counts in tenths of a second.
class RateMeter {
 public:
  void add(Instant now, std::size_t bytes) {
    advance(now);
    buckets_[0] += bytes;
  }

  /// Over the last second, or since the first byte, but 200 ms at least.
  double rate_bps(Instant now) {
    advance(now);
    std::uint64_t bytes = 0;
    for (const std::uint64_t bucket : buckets_) bytes += bucket;
    const Duration within = (now - began_) + kBucket * static_cast<int>(filled_ - 1);
    const auto time = static_cast<double>(std::max<Duration>(within, 200ms).count());
    return static_cast<double>(bytes) * 8e6 / time;
  }

 private:
  static constexpr std::size_t kBuckets = 10;
  static constexpr Duration kBucket = 100ms;

  void advance(Instant now) {
    if (filled_ == 0 || now - began_ >= kBucket * static_cast<int>(2 * kBuckets)) {
      buckets_ = {};
      began_ = now;
      filled_ = 1;
    }
    for (; now - began_ >= kBucket; began_ += kBucket) {
      std::shift_right(buckets_.begin(), buckets_.end(), 1);
      buckets_[0] = 0;
      filled_ = std::min(filled_ + 1, kBuckets);
    }
  }

  std::array<std::uint64_t, kBuckets> buckets_{};  // the first is the current one
  Instant began_{};                                // of the first
  std::size_t filled_ = 0;
};

}  // namespace duet::congestion
