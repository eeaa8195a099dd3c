// SPDX-License-Identifier: MIT
// Reads the mark of the test pattern, where there is one.
#include "picture_watch.hpp"

#include <duet/device/pattern_mark.hpp>

#include <utility>

namespace duet::apps {

void PictureWatch::handle_picture(Instant now, const codec::Picture& picture) {
  const auto mark = device::read_pattern(picture);
  const std::lock_guard lock{mutex_};
  if (mark) {
    const Duration latency = now.time_since_epoch() - std::chrono::milliseconds{mark->captured_ms};
    if (latency >= Duration{0} && latency < kOldest) {
      latency_sum_ += latency;
      ++marked_;
    }
  }
  if (last_ && now - *last_ > figures_.gap.value_or(Duration{-1})) {
    figures_.gap = now - *last_;
    figures_.gap_end = now;
  }
  last_ = now;
}

ShownFigures PictureWatch::take() {
  const std::lock_guard lock{mutex_};
  ShownFigures figures = std::exchange(figures_, {});
  if (marked_ > 0) figures.latency = latency_sum_ / marked_;
  latency_sum_ = Duration{0};
  marked_ = 0;
  return figures;
}

}  // namespace duet::apps
