// SPDX-License-Identifier: MIT
// How evenly pictures are shown, in the W3C's terms.
#pragma once

#include <duet/base/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace duet::media {

/// Counts what W3C webrtc-stats #dom-rtcinboundrtpstreamstats-freezecount and its neighbours say of
/// the times between two pictures that were shown one after the other.
class FreezeMeter {
 public:
  struct Stats {
    std::uint64_t frames_rendered = 0;
    std::uint64_t freeze_count = 0;
    Duration total_freezes{0};
    std::uint64_t pause_count = 0;
    Duration total_pauses{0};
    Duration total_inter_frame_delay{0};
    double total_squared_inter_frame_delay = 0;  ///< seconds squared
  };

  /// A picture that comes so much later than the last one ends a pause, no freeze.
  static constexpr Duration kPause = 5s;

  /// @param at  when it was shown, not before the last one
  void handle_rendered(Instant at);

  /// What was shown before is of another stream: the time up to the next picture counts nowhere.
  void pause() { last_ = std::nullopt; }

  const Stats& stats() const { return stats_; }

 private:
  static constexpr std::size_t kAverageOf = 30;

  std::array<Duration, kAverageOf> durations_{};  // a ring
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  Duration sum_{0};
  std::optional<Instant> last_;
  Stats stats_;
};

}  // namespace duet::media
