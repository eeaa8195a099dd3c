// SPDX-License-Identifier: MIT
// Looks for more room than the rate uses, by short clusters of packets at a higher one.
#pragma once

#include <duet/congestion/config.hpp>
#include <duet/congestion/sent_packets.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace duet::congestion {

/// Packets to send at `rate_bps`, one after another: media that waits, else padding.
struct ProbeCluster {
  ProbeId id = 0;
  std::uint64_t rate_bps = 0;
  std::size_t packets = 0;  ///< at least so many
  std::size_t bytes = 0;    ///< and at least so many, on the wire
};

/// What a cluster has shown.
struct ProbeResult {
  double sent_bps = 0;     ///< as it really left
  double arrived_bps = 0;  ///< as it came in
  /// The path is slower than the cluster was: `arrived_bps` is its rate. Else it is at least as
  /// fast.
  bool limited = false;
};

class Prober {
 public:
  /// Clusters that wait to be sent, or for feedback.
  static constexpr std::size_t kMaxClusters = 4;
  static constexpr Duration kResultWithin = 2s;

  struct Stats {
    std::uint64_t clusters = 0;
    std::uint64_t answered = 0;
    std::uint64_t limited = 0;
  };

  explicit Prober(const Config& config) : config_{&config} {}

  /// Plans a cluster; nothing if as many as possible are planned.
  void plan(double rate_bps);

  /// The next cluster to send.
  std::optional<ProbeCluster> poll_cluster(Instant now);

  bool has_cluster() const { return planned_ != 0; }

  /// Something was planned, or sent and not answered yet.
  bool is_busy(Instant now) const;

  void handle_result(const PacketResult& result);

  /// What a cluster has shown, once all of it, or most of it and a while later, is known.
  /// @param lost  the share of packets that the path loses anyway
  std::optional<ProbeResult> poll_result(Instant now, double lost);

  const Stats& stats() const { return stats_; }

 private:
  struct Cluster {
    ProbeCluster what;
    Instant begun_at{};
    std::size_t arrived = 0;
    std::size_t lost = 0;
    std::optional<PacketResult> first;
    std::optional<PacketResult> last;
  };

  const Config* config_;
  std::array<double, kMaxClusters> rates_{};  // planned
  std::size_t planned_ = 0;
  std::array<Cluster, kMaxClusters> sent_{};  // id 0: free
  ProbeId next_id_ = 1;
  Stats stats_;
};

}  // namespace duet::congestion
