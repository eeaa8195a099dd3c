// SPDX-License-Identifier: MIT
// How evenly pictures are shown.
#include <duet/media/freeze_meter.hpp>

#include <algorithm>

namespace duet::media {

void FreezeMeter::handle_rendered(Instant at) {
  ++stats_.frames_rendered;
  const std::optional<Instant> before = last_;
  last_ = before ? std::max(at, *before) : at;
  if (!before) return;
  const Duration duration = *last_ - *before;
  stats_.total_inter_frame_delay += duration;
  const double seconds = std::chrono::duration<double>(duration).count();
  stats_.total_squared_inter_frame_delay += seconds * seconds;
  if (duration >= kPause) {
    ++stats_.pause_count;
    stats_.total_pauses += duration;
    return;  // says nothing of how long pictures are shown
  }
  if (count_ > 0) {
    const Duration average = sum_ / static_cast<std::int64_t>(count_);
    if (duration >= std::max<Duration>(3 * average, average + 150ms)) {
      ++stats_.freeze_count;
      stats_.total_freezes += duration;
    }
  }
  if (count_ == kAverageOf) {
    sum_ -= durations_[next_];
  } else {
    ++count_;
  }
  durations_[next_] = duration;
  sum_ += duration;
  next_ = (next_ + 1) % kAverageOf;
}

}  // namespace duet::media
