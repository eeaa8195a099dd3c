// SPDX-License-Identifier: MIT
// The queue and the rate of a path, from arrivals.
#include <duet/congestion/path_delay.hpp>

#include <algorithm>

namespace duet::congestion {
namespace {

/// One-way delays that differ by so much are of another clock.
constexpr Duration kOtherClock = 10s;
constexpr Duration kKept = 1s;
constexpr std::size_t kFewest = 4;
constexpr Duration kShortest = 15ms;

double per_second(double bytes, Duration time) {
  return bytes * 8e6 / static_cast<double>(std::max<Duration::rep>(time.count(), 1));
}

}  // namespace

void PathDelay::reset() {
  count_ = 0;
  fastest_ = {};
  busy_since_.reset();
  foreign_ = {};
}

void PathDelay::handle_arrival(const PacketResult& result, double capacity_bps) {
  const Instant arrived = *result.arrived_at;
  Duration delay = arrived - result.sent_at;
  if (count_ > 0) {
    const Sample& last = at(count_ - 1);
    const Duration change = delay - (last.arrived_at - last.sent_at);
    if (change > kOtherClock || change < -kOtherClock) reset();
  }
  if (samples_.empty()) samples_.resize(kMaxSamples);
  if (result.sent_at - window_began_ > config_->base_window) {
    window_began_ = result.sent_at;
    fastest_[1] = std::exchange(fastest_[0], {});
  }
  if (delay < fastest_[0].delay) fastest_[0] = {delay, result.size};
  const Fastest& base = fastest_[0].delay <= fastest_[1].delay ? fastest_[0] : fastest_[1];
  Duration wait = delay - base.delay;
  if (capacity_bps > 0) {
    const double longer = (static_cast<double>(result.size) - base.size) * 8e6 / capacity_bps;
    wait -= Duration{static_cast<Duration::rep>(longer)};
  }
  wait = std::max(wait, Duration{0});
  foreign_ = std::min(foreign_, wait);
  wait -= foreign_;
  if (wait <= config_->queue_busy) {
    busy_since_.reset();
  } else if (!busy_since_) {
    busy_since_ = arrived;
  }
  while (count_ > 0 && (count_ == kMaxSamples || arrived - at(0).arrived_at > kKept)) {
    first_ = (first_ + 1) % kMaxSamples;
    --count_;
  }
  samples_[(first_ + count_++) % kMaxSamples] = {result.sent_at, arrived, result.sent_through,
                                                 wait};
}

Duration PathDelay::standing() const {
  if (count_ == 0) return Duration{0};
  const Instant since = at(count_ - 1).arrived_at - config_->standing_window;
  Duration least = at(count_ - 1).wait;
  for (std::size_t i = count_; i-- > 0 && at(i).arrived_at > since;) {
    least = std::min(least, at(i).wait);
  }
  return least;
}

std::optional<Duration> PathDelay::busy_for() const {
  if (!busy_since_ || count_ == 0) return std::nullopt;
  return at(count_ - 1).arrived_at - *busy_since_;
}

std::optional<PathDelay::Rates> PathDelay::rates(Duration window) const {
  if (count_ < kFewest) return std::nullopt;
  const Sample& last = at(count_ - 1);
  std::size_t i = count_ - 1;
  while (i > 0 && at(i - 1).arrived_at >= last.arrived_at - window) --i;
  const Sample& first = at(i);
  const Duration within = last.arrived_at - first.arrived_at;
  if (count_ - i < kFewest || within < kShortest) return std::nullopt;
  const auto bytes =
      static_cast<double>(last.sent_through) - static_cast<double>(first.sent_through);
  if (bytes <= 0) return std::nullopt;  // reordered, or a lie
  return Rates{.sent_bps = per_second(bytes, last.sent_at - first.sent_at),
               .arrived_bps = per_second(bytes, within),
               .arrived_within = within,
               .packets = count_ - i};
}

}  // namespace duet::congestion
