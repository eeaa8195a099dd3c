// SPDX-License-Identifier: MIT
// The likeliest loss and limit.
#include <duet/congestion/loss_model.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace duet::congestion {
namespace {

/// Observations count less with age: after so long a third as much.
constexpr double kMemorySeconds = 8;
/// Losses come in bursts, so a window tells less than its packets would if each fell alone.
constexpr double kBurstiness = 3;
/// How much likelier a limit must be, as a natural logarithm.
constexpr double kConvincing = 5.5;
/// Rates that are tried as limits, between the least and the highest that were sent.
constexpr int kLimits = 16;

constexpr std::array kShares{0.001, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1,
                             0.125, 0.15,  0.2,  0.25, 0.3,   0.4,  0.5,   0.65};

}  // namespace

void LossModel::handle_results(Instant now, std::size_t packets, std::size_t lost, double rate_bps,
                               bool queued) {
  if (packets == 0) return;
  if (!began_) began_ = now;
  const auto count = static_cast<double>(packets);
  current_.rate_bps =
      (current_.rate_bps * current_.packets + rate_bps * count) / (current_.packets + count);
  current_.packets += count;
  current_.lost += static_cast<double>(lost);
  current_.queued = current_.queued || queued;
  if (now - *began_ < kWindow || current_.packets < kFewestPackets) return;
  current_.ended_at = now;
  last_ = current_;
  current_ = {};
  began_ = now;
  if (last_.queued) return;
  if (windows_.empty()) windows_.reserve(kMaxWindows);
  if (windows_.size() < kMaxWindows) {
    windows_.push_back(last_);
  } else {
    windows_[next_] = last_;
  }
  next_ = (next_ + 1) % kMaxWindows;
  fit(now);
}

void LossModel::forget_current() {
  current_ = {};
  last_ = {};
  began_.reset();
}

double LossModel::recent() const {
  const double packets = current_.packets + last_.packets;
  return packets < kFewestPackets ? inherent_ : (current_.lost + last_.lost) / packets;
}

void LossModel::fit(Instant now) {
  std::array<double, kMaxWindows> weights{};
  double total = 0;
  double lost = 0;
  double least = windows_[0].rate_bps;
  double most = least;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const double age = static_cast<double>((now - windows_[i].ended_at).count()) * 1e-6;
    weights[i] = std::exp(-age / kMemorySeconds) / kBurstiness;
    total += weights[i] * windows_[i].packets;
    lost += weights[i] * windows_[i].lost;
    least = std::min(least, windows_[i].rate_bps);
    most = std::max(most, windows_[i].rate_bps);
  }
  // With no limit the likeliest share is the mean.
  const double mean = std::clamp(lost / total, 1e-3, 0.9);
  const double unlimited = lost * std::log(mean) + (total - lost) * std::log(1 - mean);
  inherent_ = lost / total;
  double best = unlimited + kConvincing;
  limit_.reset();
  if (lost < 1 / kBurstiness) return;
  const double step = std::pow(most / (0.5 * least), 1.0 / kLimits);
  double limit = 0.5 * least;
  for (int i = 0; i < kLimits; ++i, limit *= step) {
    for (const double share : kShares) {
      if (share > 1.5 * mean) break;
      double likelihood = 0;
      for (std::size_t k = 0; k < windows_.size(); ++k) {
        const Window& window = windows_[k];
        const double over = std::max(0.0, 1 - limit / window.rate_bps);
        const double p = std::min(share + (1 - share) * over, 0.99);
        likelihood += weights[k] * (window.lost * std::log(p) +
                                    (window.packets - window.lost) * std::log(1 - p));
      }
      if (likelihood > best) {
        best = likelihood;
        limit_ = limit;
        inherent_ = share;
      }
    }
  }
}

}  // namespace duet::congestion
