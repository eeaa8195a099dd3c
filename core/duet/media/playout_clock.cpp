// SPDX-License-Identifier: MIT
// When to show a picture.
#include <duet/media/playout_clock.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace duet::media {
namespace {

constexpr Duration kBackInTime = 20ms;

/// The sender's time by its clock of 90 kHz.
constexpr Duration sender_time(std::int64_t timestamp) { return Duration{timestamp * 100 / 9}; }

}  // namespace

void PlayoutClock::handle_frame(Instant now, std::int64_t timestamp, bool is_key) {
  const Duration lateness = now.time_since_epoch() - sender_time(timestamp);
  if (is_outlier(lateness)) return;
  if (!offset_) {
    offset_ = lateness + decode_time_;
    last_timestamp_ = timestamp;
  }
  // A key frame is late by its size. It is rare, and nobody waits for the next one.
  if (is_key && !samples_.empty()) return;
  if (samples_.size() == 1 && is_first_key_) samples_.clear();
  is_first_key_ = is_key;
  add(now, lateness);
  measure();
  approach(timestamp);
}

bool PlayoutClock::is_outlier(Duration lateness) {
  // What was held up comes in one go: all of it is, until frames are in time again.
  const Duration most = outliers_ > 0 ? jitter_ + kBackInTime : kOutlier;
  if (!offset_ || (lateness - base_ <= most && base_ - lateness <= kOutlier)) {
    outliers_ = 0;
    return false;
  }
  if (++outliers_ < kOutliersToResync) return true;
  restart();
  return false;
}

void PlayoutClock::add(Instant now, Duration lateness) {
  if (samples_.capacity() == 0) samples_.reserve(kWindow);
  while (samples_.size() == kWindow ||
         (samples_.size() > kFewest && now - samples_.front().at > kMaxAge)) {
    samples_.erase(samples_.begin());
  }
  samples_.push_back({.at = now, .lateness = lateness});
}

void PlayoutClock::measure() {
  sorted_.clear();
  for (const Sample& sample : samples_) sorted_.push_back(sample.lateness);
  base_ = std::ranges::min(sorted_);
  const auto rank =
      static_cast<std::ptrdiff_t>(std::ceil(kQuantile * static_cast<double>(sorted_.size())) - 1);
  const auto at = sorted_.begin() + std::max<std::ptrdiff_t>(rank, 0);
  std::ranges::nth_element(sorted_, at);
  jitter_ = std::min(*at, latest_since_calm().value_or(*at)) - base_;
  target_ = std::clamp(std::max(jitter_, minimum_), Duration{0}, kMaxDelay) + decode_time_;
}

/// The latest of the frames that came since what was late once is over; nothing if it isn't, or was
/// more than once.
std::optional<Duration> PlayoutClock::latest_since_calm() const {
  const Instant since = samples_.back().at - kCalm;
  const auto calm = std::ranges::lower_bound(samples_, since, {}, &Sample::at);
  if (samples_.end() - calm < kFewestCalm) return std::nullopt;
  const Duration latest =
      std::ranges::max_element(calm, samples_.end(), {}, &Sample::lateness)->lateness;
  const auto is_late = [latest](const Sample& sample) { return sample.lateness > latest + kMuch; };
  const auto first = std::find_if(samples_.begin(), calm, is_late);
  if (first == calm) return latest;
  const auto last = std::find_if(std::make_reverse_iterator(calm), samples_.rend(), is_late);
  return last->at - first->at <= kOnce ? std::optional{latest} : std::nullopt;
}

void PlayoutClock::approach(std::int64_t timestamp) {
  const Duration elapsed =
      std::clamp<Duration>(sender_time(timestamp - last_timestamp_), Duration{0}, kMaxDelay);
  last_timestamp_ = std::max(timestamp, last_timestamp_);
  const Duration wanted = base_ + target_;
  offset_ = std::min(*offset_, base_ + kMaxDelay + decode_time_);
  if (wanted > *offset_) {
    offset_ = std::min(wanted, *offset_ + scaled(elapsed, kSlowDown));
  } else {
    offset_ = std::max(wanted, *offset_ - scaled(elapsed, kSpeedUp));
  }
}

Instant PlayoutClock::render_time(Instant now, std::int64_t timestamp) const {
  const Instant at{sender_time(timestamp) + offset_.value_or(Duration{0})};
  // A timestamp that jumped ahead: nobody waits for that.
  return at > now + kMaxDelay + kOutlier + decode_time_ ? now : at;
}

Duration PlayoutClock::current_delay() const { return offset_ ? *offset_ - base_ : Duration{0}; }

void PlayoutClock::restart() {
  samples_.clear();
  offset_ = std::nullopt;
  outliers_ = 0;
}

}  // namespace duet::media
