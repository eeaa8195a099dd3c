// SPDX-License-Identifier: MIT
// When the next packet may leave.
#pragma once

#include <duet/congestion/config.hpp>
#include <duet/congestion/prober.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace duet::congestion {

/// Spaces packets by their size at a rate; the queues are somebody else's. Who was idle may send a
/// burst of at most pacing_burst, so a timer that is a few milliseconds late costs nothing.
class Pacer {
 public:
  explicit Pacer(const Config& config) : config_{&config} {}

  void set_rate(double rate_bps) { rate_bps_ = rate_bps; }

  double rate_bps() const { return probe_ ? static_cast<double>(probe_->rate_bps) : rate_bps_; }

  bool may_send(Instant now) const { return now >= next_; }

  /// When the next packet may leave.
  Instant next_send() const { return next_; }

  /// A packet has left that counts.
  void handle_sent(Instant now, std::size_t size) {
    const auto time = static_cast<Duration::rep>(static_cast<double>(size) * 8e6 / rate_bps());
    next_ = std::max(next_, now - (probe_ ? Duration{0} : config_->pacing_burst)) + Duration{time};
    if (!probe_) return;
    packets_ += 1;
    bytes_ += size;
    if (packets_ >= probe_->packets && bytes_ >= probe_->bytes) probe_.reset();
  }

  /// From the next packet on, until the cluster is complete.
  void begin(Instant now, const ProbeCluster& cluster) {
    probe_ = cluster;
    packets_ = bytes_ = 0;
    next_ = std::min(next_, now);
  }

  const std::optional<ProbeCluster>& probe() const { return probe_; }

  /// There is nothing to probe with.
  void abandon_probe() { probe_.reset(); }

 private:
  const Config* config_;
  double rate_bps_ = 0;
  Instant next_{};
  std::optional<ProbeCluster> probe_;
  std::size_t packets_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace duet::congestion
