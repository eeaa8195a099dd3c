// SPDX-License-Identifier: MIT
// Tells losses that a lower rate would avoid from those that come with the path.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace duet::congestion {

/// The path loses a share of all packets whatever is sent, and past a limit also what is too much.
/// Of all shares and limits, the likeliest for what was observed is taken (as the loss-based
/// estimator of libwebrtc does), and a limit is believed only if it explains the observations
/// much better than none: loss that doesn't depend on the rate is no congestion.
class LossModel {
 public:
  static constexpr std::size_t kMaxWindows = 48;
  static constexpr Duration kWindow = 250ms;
  static constexpr std::size_t kFewestPackets = 10;

  /// Outcomes of packets that were sent in a stretch of time.
  /// @param rate_bps  the rate that they were sent with
  /// @param queued    the queue was long: what got lost then is the queue's business
  void handle_results(Instant now, std::size_t packets, std::size_t lost, double rate_bps,
                      bool queued);

  /// What is observed now, or was just before, is not the path's loss: an outage.
  void forget_current();

  /// The highest rate without avoidable loss; nothing while there is no sign of a limit.
  std::optional<double> limit_bps() const { return limit_; }

  /// The share that is lost anyway, 0 to 1.
  double inherent() const { return inherent_; }

  /// The share of the last quarter to half second.
  double recent() const;

 private:
  struct Window {
    Instant ended_at;
    double packets = 0;
    double lost = 0;
    double rate_bps = 0;
    bool queued = false;
  };

  void fit(Instant now);

  std::vector<Window> windows_;  // a ring
  std::size_t next_ = 0;
  Window current_;
  Window last_;
  std::optional<Instant> began_;
  std::optional<double> limit_;
  double inherent_ = 0;
};

}  // namespace duet::congestion
