// SPDX-License-Identifier: MIT
// Clusters and what comes of them.
#include <duet/congestion/prober.hpp>

#include <algorithm>

namespace duet::congestion {
namespace {

/// A cluster that arrives this much slower than it left was held up.
constexpr double kHeldUp = 0.88;
constexpr std::size_t kFewestArrived = 3;

double per_second(std::uint64_t bytes, Duration time) {
  return static_cast<double>(bytes) * 8e6 /
         static_cast<double>(std::max<Duration::rep>(time.count(), 500));
}

}  // namespace

void Prober::plan(double rate_bps) {
  if (planned_ < kMaxClusters) rates_[planned_++] = rate_bps;
}

std::optional<ProbeCluster> Prober::poll_cluster(Instant now) {
  if (planned_ == 0) return std::nullopt;
  const double rate = rates_[0];
  std::shift_left(rates_.begin(), rates_.begin() + static_cast<std::ptrdiff_t>(planned_), 1);
  --planned_;
  Cluster& slot = *std::ranges::min_element(sent_, {}, [](const Cluster& one) {
    return one.what.id == 0 ? Instant::min() : one.begun_at;
  });
  const double seconds = static_cast<double>(config_->probe_time.count()) * 1e-6;
  slot = {.what = {.id = next_id_++,
                   .rate_bps = static_cast<std::uint64_t>(rate),
                   .packets = config_->probe_packets,
                   .bytes = static_cast<std::size_t>(rate * seconds / 8)},
          .begun_at = now,
          .first = {},
          .last = {}};
  ++stats_.clusters;
  return slot.what;
}

bool Prober::is_busy(Instant now) const {
  return planned_ != 0 || std::ranges::any_of(sent_, [&](const Cluster& one) {
           return one.what.id != 0 && now - one.begun_at < kResultWithin;
         });
}

void Prober::handle_result(const PacketResult& result) {
  if (result.probe == 0) return;
  const auto found =
      std::ranges::find(sent_, result.probe, [](const Cluster& c) { return c.what.id; });
  if (found == sent_.end()) return;
  if (!result.arrived_at) {
    ++found->lost;
    return;
  }
  ++found->arrived;
  if (!found->first || result.sent_through < found->first->sent_through) found->first = result;
  if (!found->last || result.sent_through > found->last->sent_through) found->last = result;
}

std::optional<ProbeResult> Prober::poll_result(Instant now, double lost) {
  for (Cluster& cluster : sent_) {
    if (cluster.what.id == 0) continue;
    const bool complete =
        cluster.arrived + cluster.lost >= cluster.what.packets &&
        cluster.arrived >= kFewestArrived &&
        cluster.last->sent_through - cluster.first->sent_through + cluster.first->size >=
            cluster.what.bytes * 4 / 5;
    if (!complete) {
      if (now - cluster.begun_at > kResultWithin) cluster.what.id = 0;
      continue;
    }
    cluster.what.id = 0;
    const std::uint64_t bytes = cluster.last->sent_through - cluster.first->sent_through;
    const auto packets = static_cast<double>(cluster.arrived + cluster.lost);
    const double missing = static_cast<double>(cluster.lost) / packets;
    const double kept = std::min(1.0, (1 - missing) / (1 - std::min(lost, 0.9)));
    ProbeResult result{
        .sent_bps = per_second(bytes, cluster.last->sent_at - cluster.first->sent_at),
        .arrived_bps =
            per_second(bytes, *cluster.last->arrived_at - *cluster.first->arrived_at) * kept};
    result.limited = result.arrived_bps < kHeldUp * result.sent_bps;
    ++stats_.answered;
    if (result.limited) ++stats_.limited;
    return result;
  }
  return std::nullopt;
}

}  // namespace duet::congestion
