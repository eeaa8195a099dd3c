// SPDX-License-Identifier: MIT
// The delay at which waiting and missing cost least.
#include <duet/media/audio_delay.hpp>

#include <algorithm>

namespace duet::media {
namespace {

constexpr double kMillisecondsPerPercent = 20;  // see the class
constexpr Duration kFallPerPacket = 400us;      // of 20 ms: 20 ms a second
constexpr std::uint64_t kKnown = 25;            // packets: half a second
constexpr double kHeavy = 1e200;                // weights grow; before they overflow they shrink

}  // namespace

void AudioDelay::Histogram::add(std::size_t bucket) {
  weights_[bucket] += weight_;
  sum_ += weight_;
  weight_ *= growth_;
  if (weight_ < kHeavy) return;
  for (double& weight : weights_) weight /= kHeavy;
  sum_ /= kHeavy;
  weight_ /= kHeavy;
}

Duration AudioDelay::Histogram::best() const {
  double missing = sum_;
  double least = 0;
  std::size_t best = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    missing -= weights_[i];  // what comes within this bucket is there at its end
    const double waiting = static_cast<double>((i + 1) * (kBucket / 1ms));
    const double cost = waiting + 100 * kMillisecondsPerPercent * missing / sum_;
    if (i > 0 && cost >= least) continue;
    least = cost;
    best = i;
  }
  return (static_cast<std::int64_t>(best) + 1) * kBucket;
}

void AudioDelay::learn_fastest(Instant now, Duration offset) {
  const std::int64_t period = now.time_since_epoch() / kPeriod;
  const auto count = static_cast<std::int64_t>(fastest_.size());
  Fastest& slot = fastest_[static_cast<std::size_t>(period % count)];
  if (slot.period != period) slot = {.period = period, .offset = offset};
  slot.offset = std::min(slot.offset, offset);
  base_ = offset;
  for (const Fastest& each : fastest_) {
    if (each.period > period - count) base_ = std::min(base_, each.offset);
  }
  started_ = true;
}

Duration AudioDelay::lateness(Instant now, Duration media) const {
  return started_ ? now.time_since_epoch() - media - base_ : 0ms;
}

void AudioDelay::handle_arrival(Instant now, Duration media, Way way, bool is_news) {
  if (way == Way::Direct) learn_fastest(now, now.time_since_epoch() - media);
  if (!is_news || !started_) return;
  const Duration late = std::clamp(lateness(now, media), Duration{}, kMost);
  const auto bucket = static_cast<std::size_t>(late / kBucket);
  lately_.add(bucket);
  usually_.add(bucket);
  ++count_;
  Duration wanted = std::max(lately_.best(), usually_.best()) + kMargin;
  if (count_ < kKnown) wanted = std::max(wanted, kFirstTarget);
  target_ = std::max(wanted, target_ - kFallPerPacket);
}

}  // namespace duet::media
