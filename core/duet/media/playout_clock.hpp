// SPDX-License-Identifier: MIT
// When to show a picture: late enough to be even, no later.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace duet::media {

/// Maps the sender's timestamps to our time. How late each frame is ready, compared with the
/// promptest one of the last seconds, says how long frames have to be held so that nearly all of
/// them are shown as evenly as they were captured.
///
/// A high quantile rather than a model of the path: it takes jitter, the time that large frames
/// need and retransmissions as one, and has nothing to be tuned to a kind of path. What made frames
/// late once, and for a short time, is left out of it as soon as it is over: the queue that a path
/// fills when its rate falls says nothing of the path from then on.
class PlayoutClock {
 public:
  /// The longest that frames are held.
  static constexpr Duration kMaxDelay = 1s;
  static constexpr Duration kMaxDecodeTime = 100ms;
  /// Frames that the quantile is taken of, and how old they get: a change of the path is forgotten
  /// after that.
  static constexpr std::size_t kWindow = 300;
  static constexpr Duration kMaxAge = 10s;
  static constexpr std::size_t kFewest = 30;  ///< that are kept, however old
  static constexpr double kQuantile = 0.97;
  /// Without anything late for so long, in so many frames, what was late before is over.
  static constexpr Duration kCalm = 2s;
  static constexpr std::ptrdiff_t kFewestCalm = 10;
  /// From the first to the last of what was late once. Beyond that it is the path that is so, or it
  /// comes again and again, and is to be expected.
  static constexpr Duration kOnce = 3500ms;
  /// What was late by less than this beyond the others is jitter.
  static constexpr Duration kMuch = 40ms;
  /// A frame so much later than the others, or earlier, was held up by something else than jitter.
  static constexpr Duration kOutlier = 500ms;
  /// So many of them one after another, and it is the clock that is wrong.
  static constexpr int kOutliersToResync = 30;
  /// How fast pictures may be slowed down, or sped up, to get to another delay.
  static constexpr double kSlowDown = 0.5;
  static constexpr double kSpeedUp = 0.1;

  /// A frame is ready to be decoded.
  /// @param timestamp  unwrapped, of 90 kHz
  void handle_frame(Instant now, std::int64_t timestamp, bool is_key);

  /// When to show the frame; not before handle_frame() was told one.
  Instant render_time(Instant now, std::int64_t timestamp) const;

  /// The stream has begun anew: timestamps mean something else.
  void restart();

  void set_minimum_delay(Duration delay) { minimum_ = delay; }

  /// How long it takes from the decoder's input to the screen.
  void set_decode_time(Duration time) { decode_time_ = time; }

  Duration decode_time() const { return decode_time_; }

  bool started() const { return offset_.has_value(); }

  /// How much later than the promptest frame would be ready, frames are shown; decoding included.
  Duration current_delay() const;

  /// What current_delay() moves to.
  Duration target_delay() const { return target_; }

  /// What it would move to if no minimum was set.
  Duration jitter_delay() const { return jitter_ + decode_time_; }

 private:
  struct Sample {
    Instant at;
    Duration lateness;  // our time less the sender's
  };

  bool is_outlier(Duration lateness);
  void add(Instant now, Duration lateness);
  void measure();
  std::optional<Duration> latest_since_calm() const;
  void approach(std::int64_t timestamp);

  std::vector<Sample> samples_;   // oldest first
  std::vector<Duration> sorted_;  // scratch
  Duration base_{0};              // the promptest of them
  Duration jitter_{0};
  Duration minimum_{0};
  Duration decode_time_ = 10ms;
  Duration target_{0};
  std::optional<Duration> offset_;  // from the sender's time to the showing
  std::int64_t last_timestamp_ = 0;
  int outliers_ = 0;
  bool is_first_key_ = false;  // samples_ has the first key frame only
};

}  // namespace duet::media
