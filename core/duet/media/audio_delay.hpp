// SPDX-License-Identifier: MIT
// How long received sound should wait, learnt from when its packets come.
#pragma once

#include <duet/base/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace duet::media {

/// Each stretch of sound is late against the fastest of the last seconds, by the time at which the
/// first packet came that tells of it: its own, a redundant one, or a retransmission. Waiting
/// longer loses less. The target is where both together cost least: 1 % that is missing is worth 20
/// ms. So whatever repairs a path's losses is waited for where it is worth it, a short round trip's
/// retransmissions as well as the next packet's redundancy, and nothing is waited for in vain.
class AudioDelay {
 public:
  /// Lateness counts up to this; what comes later is missing.
  static constexpr Duration kMost = 1s;
  /// Until a path is known.
  static constexpr Duration kFirstTarget = 40ms;
  /// A packet must be there when the first 10 ms that need it are asked for.
  static constexpr Duration kMargin = 10ms;

  enum class Way : std::uint8_t {
    Direct,    ///< its own packet, sent when it was captured
    Repaired,  ///< told again later: these don't say how fast the path is
  };

  /// Once for each stretch of sound, with the first packet that tells of it; direct packets always.
  /// @param media    when it was captured, on the sender's clock
  /// @param is_news  false if something told of this sound before
  void handle_arrival(Instant now, Duration media, Way way, bool is_news);

  /// How long after the fastest sound of its time this one comes, or is played; negative for what
  /// is faster than all. Nothing can be said, and 0 is, before the first direct packet.
  Duration lateness(Instant now, Duration media) const;

  /// How late each sound should be played. Rises at once, falls by 20 ms a second.
  Duration target() const { return target_; }

  /// The stream begins anew: another clock, or another path.
  void restart() { *this = {}; }

 private:
  static constexpr Duration kBucket = 5ms;
  static constexpr std::size_t kBuckets = kMost / kBucket;

  /// Lateness of what came, the newest counting most.
  class Histogram {
   public:
    explicit Histogram(double memory) : growth_{1 / memory} {}

    void add(std::size_t bucket);
    /// The delay that costs least; at most kMost.
    Duration best() const;

   private:
    double growth_;  // of each packet's weight over the one before
    double weight_ = 1;
    double sum_ = 0;
    std::array<double, kBuckets + 1> weights_{};
  };

  struct Fastest {
    std::int64_t period = INT64_MIN;
    Duration offset{};
  };

  void learn_fastest(Instant now, Duration offset);

  static constexpr Duration kPeriod = 200ms;
  std::array<Fastest, 10> fastest_{};  // 2 s: the drift of clocks within them is 2 ms at most
  Duration base_{};
  bool started_ = false;
  Histogram lately_{0.99};     // two seconds of packets: rises fast
  Histogram usually_{0.9985};  // thirteen: remembers what comes now and then
  std::uint64_t count_ = 0;
  Duration target_ = kFirstTarget;
};

}  // namespace duet::media
