// SPDX-License-Identifier: MIT
// The numbers of congestion control, in one place.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>

namespace duet::congestion {

/// What the estimator, the prober and the pacer go by. Rates are of the wire: RTP with its
/// encryption, UDP and IP. docs/congestion.md says what each was measured with.
struct Config {
  std::uint64_t min_rate_bps = 60'000;  ///< sound, and a picture now and then
  std::uint64_t max_rate_bps = 10'000'000;
  std::uint64_t start_rate_bps = 300'000;
  /// Bytes that a packet has on the wire beyond its RTP: SRTP's tag, UDP and IPv4.
  std::size_t packet_overhead = 10 + 8 + 20;

  // The queue, by the delay that packets have more than the fastest one of late.

  /// What we let stand in the bottleneck's queue, so that it never runs dry.
  Duration queue_target = 8ms;
  /// Above it the bottleneck works without a pause, and arrivals show its rate.
  Duration queue_busy = 4ms;
  /// What is above the target shall be gone in about so long.
  Duration drain_time = 200ms;
  /// The least share of the capacity that is sent while a queue drains.
  double drain_floor = 0.25;
  /// Over which the least delay is taken for what stands in the queue: a frame and a half.
  Duration standing_window = 50ms;
  /// The fastest packet is looked for among those of so long, and twice that.
  Duration base_window = 10s;
  /// A path that is kept full is given so often less than it carries, for so long: else a queue
  /// that grows as slowly as two clocks differ would be taken for the path's own delay.
  Duration relief_interval = 8s;
  Duration relief_time = 200ms;
  double relief = 0.8;  ///< of the capacity

  // Growth, per second, while nothing queues.

  double growth_near = 0.10;  ///< close to where the path was full last
  double growth_far = 0.40;

  // Probes.

  Duration probe_interval_min = 800ms;  ///< after a capacity that has shrunk
  Duration probe_interval_max = 2500ms;
  double probe_factor = 2.0;  ///< of the rate
  /// Of what is wanted: so much room lets a picture leave in a third of its time, and be seen
  /// sooner.
  double probe_most = 3.0;
  std::size_t probe_packets = 4;
  Duration probe_time = 15ms;
  double probe_share = 0.05;  ///< of the rate, for padding

  // Pacing.

  double pacing_factor = 1.15;
  double pacing_factor_free = 2.5;  ///< where the capacity is known to be so much more
  Duration pacing_burst = 5ms;
  Duration max_wait = 500ms;  ///< in the pacer: it goes faster rather than let a packet wait longer

  /// How long no feedback may come before the rate is lowered, beyond the round trip.
  Duration feedback_timeout = 350ms;
};

}  // namespace duet::congestion
