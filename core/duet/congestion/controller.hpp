// SPDX-License-Identifier: MIT
// How much may be sent: from transport-wide feedback, or reports where there is none.
#pragma once

#include <duet/congestion/config.hpp>
#include <duet/congestion/loss_model.hpp>
#include <duet/congestion/path_delay.hpp>
#include <duet/congestion/prober.hpp>
#include <duet/congestion/sent_packets.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace duet::congestion {

/// Estimates the rate of the wire that the path carries without a queue. docs/congestion.md tells
/// how; in short: while packets wait, the rate of arrivals is the capacity, and what is sent is
/// that less what drains the queue; while none waits, the rate grows, and probes look for more at
/// once.
class Controller {
 public:
  struct Stats {
    std::uint64_t feedbacks = 0;
    std::uint64_t packets_lost = 0;
    std::uint64_t drops = 0;     ///< times that the capacity was found much smaller
    std::uint64_t silences = 0;  ///< times that feedback stayed away
  };

  explicit Controller(const Config& config);

  /// More than this is of no use to the application, so it isn't looked for.
  void set_wanted_rate(std::uint64_t rate_bps);

  /// A packet left under this transport-wide number.
  /// @param size  bytes on the wire
  void handle_sent(Instant now, rtp::SequenceNumber sequence, std::size_t size, ProbeId probe);
  void handle_feedback(Instant now, const rtp::TransportFeedback& feedback);
  /// The peer's own limit (REMB); 0 for none.
  void handle_remote_limit(std::uint64_t rate_bps);
  /// A receiver report (RFC 3550 §6.4.1), heeded only while there is no transport-wide feedback.
  /// @param fraction_lost  0 to 1
  void handle_report(Instant now, double fraction_lost, std::optional<Duration> round_trip);
  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// True once after an outage: feedback is back, and says that what was sent meanwhile got lost.
  bool poll_outage_ended() { return std::exchange(outage_ended_, false); }

  /// The next cluster to probe with.
  std::optional<ProbeCluster> poll_probe(Instant now) { return prober_.poll_cluster(now); }

  bool has_probe() const { return prober_.has_cluster(); }

  /// In [min_rate, max_rate] of the configuration, and as far as the peer allows.
  std::uint64_t rate_bps() const;

  /// What the pacer should go by: more than rate_bps() where the path is known to carry it.
  double pacing_rate_bps() const;

  /// The least round trip of the last seconds, the wait for feedback included.
  std::optional<Duration> round_trip() const { return round_trip_; }

  double loss() const { return loss_.recent(); }

  /// What stands in the path's queue.
  Duration queue() const { return path_.standing(); }

  /// The bottleneck's rate as it was seen last; 0 before.
  std::uint64_t capacity_bps() const { return static_cast<std::uint64_t>(capacity_); }

  const Stats& stats() const { return stats_; }

  const Prober::Stats& probe_stats() const { return prober_.stats(); }

 private:
  void handle_arrivals(Instant now, std::span<const PacketResult> results);
  void handle_probe(Instant now, const ProbeResult& result);
  void update(Instant now);
  void follow_queue(Instant now, Duration standing);
  bool shows_capacity(const PathDelay::Rates& rates) const;
  void measure_capacity(Instant now);
  void yield(Instant now);
  void grow(Instant now);
  void look_for_foreign_queue(Instant now, Duration standing);
  void relieve(Instant now);
  void plan_probes(Instant now);
  void set_rate(double rate);
  Duration predicted_queue(Instant now, Duration standing) const;

  Config config_;
  SentPackets sent_;
  PathDelay path_;
  LossModel loss_;
  Prober prober_;
  double rate_;
  double wanted_;
  double capacity_ = 0;
  double filled_ = 0;  // the rate at which the path was full last; 0 while it never was
  double remote_limit_ = 0;
  std::optional<Duration> round_trip_;
  Instant round_trip_at_{};
  Instant updated_at_{};
  std::optional<Instant> feedback_at_;
  bool started_ = false;
  bool is_silent_ = false;
  bool outage_ended_ = false;
  Instant silent_until_{};  // what was sent before is no sign of the path's loss
  Instant silence_checked_at_{};
  std::optional<Instant> report_at_;

  // Whether a queue answers to what is sent.
  Duration drain_expected_{0};
  Duration drain_from_{0};
  double drain_capacity_ = 0;  // the highest since the queue is long
  Duration last_standing_{0};
  Instant dropped_at_{};
  Instant yielded_at_{};
  Instant relieved_at_{};
  bool is_relieved_ = false;

  Instant probed_at_{};
  Duration probe_interval_;
  std::optional<Instant> next_probe_;
  Stats stats_;
};

}  // namespace duet::congestion
