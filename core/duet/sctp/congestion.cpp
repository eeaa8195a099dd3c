// SPDX-License-Identifier: MIT
// CUBIC and HyStart++.
#include <duet/sctp/congestion.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace duet::sctp {
namespace {

constexpr double kC = 0.4;     // RFC 9438 §5.1
constexpr double kBeta = 0.7;  // RFC 9438 §4.6

// RFC 9406 §4.3.
constexpr Duration kMinRttThreshold = 4ms;
constexpr Duration kMaxRttThreshold = 16ms;
constexpr int kMinRttDivisor = 8;
constexpr int kRttSamples = 8;
constexpr std::size_t kCssGrowthDivisor = 4;
constexpr int kCssRounds = 5;

/// The least of a round above the least of all by an eighth: a queue stands. Half a millisecond is
/// what scheduling does to round trips that are shorter than that.
constexpr Duration kLeastQueue = 500us;

/// Spreading packets over less is finer than timers fire.
constexpr Duration kShortestPacedRoundTrip = 2ms;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

CongestionControl::CongestionControl(std::size_t packet_size) : packet_size_{packet_size} {
  reset();
}

void CongestionControl::reset() {
  window_ = kInitialPackets * packet_size_;
  threshold_ = std::numeric_limits<std::size_t>::max();
  has_round_ = false;
  round_minimum_ = last_round_minimum_ = Duration::max();
  round_samples_ = 0;
  round_bytes_ = round_lost_ = 0;
  rate_ = last_rate_ = 0;
  is_conservative_ = false;
  has_epoch_ = false;
  w_max_ = 0;
}

void CongestionControl::end_round(Instant now, std::uint64_t next) {
  if (has_round_ && now > round_began_) {
    const double measured = static_cast<double>(round_bytes_) / seconds(now - round_began_);
    rate_ = std::max(measured, last_rate_);
    last_rate_ = measured;
  }
  if (is_in_slow_start() && has_round_ && is_conservative_ &&
      ++conservative_rounds_ >= kCssRounds) {
    threshold_ = window_;  // RFC 9406 §4.2: to congestion avoidance
  }
  has_round_ = true;
  round_began_ = now;
  round_end_ = next;
  round_bytes_ = 0;
  round_lost_ = 0;
  if (round_samples_ > 0) last_round_minimum_ = round_minimum_;
  round_minimum_ = Duration::max();
  round_samples_ = 0;
}

void CongestionControl::handle_acked(const Acked& acked, const RttEstimator& rtt) {
  if (!has_round_ || acked.largest >= round_end_) end_round(acked.now, acked.next);
  round_bytes_ += acked.bytes;
  if (acked.round_trip) {
    round_minimum_ = std::min(round_minimum_, *acked.round_trip);
    ++round_samples_;
  }
  if (acked.largest < recovery_until_) return;
  if (!acked.was_limited) {
    has_epoch_ = false;  // RFC 9438 §5.8: time in which nothing was to send does not count
    return;
  }
  if (is_in_slow_start()) {
    grow_slowly(acked.bytes);
  } else {
    grow_cubic(acked.now, acked.bytes, rtt);
  }
}

/// RFC 9406 §4.2. What is sent is paced, so that the limit L is infinite.
void CongestionControl::grow_slowly(std::size_t bytes) {
  window_ += is_conservative_ ? bytes / kCssGrowthDivisor : bytes;
  if (round_samples_ < kRttSamples || last_round_minimum_ == Duration::max()) return;
  if (is_conservative_) {
    if (round_minimum_ < conservative_baseline_) is_conservative_ = false;  // it was only a bump
    return;
  }
  const Duration threshold =
      std::clamp(last_round_minimum_ / kMinRttDivisor, kMinRttThreshold, kMaxRttThreshold);
  if (round_minimum_ >= last_round_minimum_ + threshold) {
    is_conservative_ = true;
    conservative_rounds_ = 0;
    conservative_baseline_ = round_minimum_;
  }
}

/// RFC 9438 §4.2 to §4.5.
void CongestionControl::grow_cubic(Instant now, std::size_t bytes, const RttEstimator& rtt) {
  const auto packet = static_cast<double>(packet_size_);
  const double cwnd = static_cast<double>(window_) / packet;
  if (!has_epoch_) {
    has_epoch_ = true;
    epoch_ = now;
    w_est_ = cwnd;
    if (w_max_ < cwnd) w_max_ = cwnd;
    k_ = std::cbrt((w_max_ - cwnd) / kC);
  }
  const double t = seconds(now - epoch_) + seconds(rtt.smoothed());
  const double w_cubic = kC * std::pow(t - k_, 3) + w_max_;
  const double target = std::clamp(w_cubic, cwnd, 1.5 * cwnd);
  const double acked = static_cast<double>(bytes) / packet;
  const double alpha = w_est_ < w_max_ ? 3 * (1 - kBeta) / (1 + kBeta) : 1;
  w_est_ += alpha * acked / cwnd;
  const double grown =
      std::max(cwnd + (target - cwnd) / cwnd * acked, std::min(w_est_, 1.5 * cwnd));
  window_ = static_cast<std::size_t>(grown * packet);
}

bool CongestionControl::has_queue(const RttEstimator& rtt) const {
  const Duration least = std::min(round_minimum_, last_round_minimum_);
  if (least == Duration::max()) return false;
  const Duration margin = std::clamp(rtt.minimum() / kMinRttDivisor, kLeastQueue, kMaxRttThreshold);
  return least > rtt.minimum() + margin;
}

void CongestionControl::handle_lost(std::size_t packets, std::uint64_t first, std::uint64_t next,
                                    const RttEstimator& rtt) {
  round_lost_ += packets;
  if (first < recovery_until_) return;  // of the window that was shrunk already
  const std::size_t in_window = window_ / packet_size_;
  const bool is_much = round_lost_ > std::max(kToleratedPackets, in_window / kToleratedLoss);
  if (!is_much && !has_queue(rtt)) return;

  recovery_until_ = next;
  has_epoch_ = false;
  const double cwnd = static_cast<double>(window_) / static_cast<double>(packet_size_);
  // RFC 9438 §4.7, fast convergence: leave room for others.
  w_max_ = cwnd < w_max_ ? cwnd * (1 + kBeta) / 2 : cwnd;
  double shrunk = kBeta * static_cast<double>(window_);
  if (!is_much) {
    const double carried = rate_ * seconds(rtt.minimum());
    shrunk = std::max(shrunk, std::min(carried, static_cast<double>(window_)));
  }
  window_ = std::max(static_cast<std::size_t>(shrunk), kMinPackets * packet_size_);
  threshold_ = window_;
}

void CongestionControl::handle_timeout(std::uint64_t next) {
  recovery_until_ = next;
  has_epoch_ = false;
  is_conservative_ = false;
  w_max_ = static_cast<double>(window_) / static_cast<double>(packet_size_);
  threshold_ = std::max(window_ / 2, kMinPackets * 2 * packet_size_);
  window_ = packet_size_;
}

std::optional<double> CongestionControl::pacing_rate(const RttEstimator& rtt) const {
  if (!rtt.is_known() || rtt.smoothed() < kShortestPacedRoundTrip) return std::nullopt;
  const double gain = is_in_slow_start() ? 2.0 : 1.25;
  return gain * static_cast<double>(window_) / seconds(rtt.smoothed());
}

}  // namespace duet::sctp
