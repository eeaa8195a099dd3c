// SPDX-License-Identifier: MIT
// One direction of a link: a queue, a rate, a delay, and what gets lost.
#pragma once

#include "settings.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace duet::link {

using Packet = std::vector<std::byte>;

/// What happened since it was asked for last. Bytes are of IP packets.
struct Counters {
  std::uint64_t offered = 0;
  std::uint64_t packets = 0;    ///< that were offered
  std::uint64_t forwarded = 0;  ///< that have left at the far end
  std::uint64_t dropped = 0;    ///< since the queue was full
  std::uint64_t lost = 0;       ///< by chance, or since there was an outage
  double queue_mean_ms = 0;     ///< how long the last byte in the queue waits; over time
  double queue_max_ms = 0;
  double late_ms = 0;  ///< by how much a packet was taken later than it was due, at most
};

/// A machine: the same packets at the same times, and the same seed, are treated alike.
class Direction {
 public:
  Direction(std::uint64_t seed, Time now) : random_{seed}, served_until_{now}, counted_from_{now} {}

  const Settings& settings() const { return settings_; }

  void set(Time now, const Settings& settings);

  /// Until then, what comes is lost.
  void cut(Time until) { cut_until_ = until; }

  void handle_packet(Time now, Packet packet);
  /// One that has arrived by now.
  std::optional<Packet> poll_packet(Time now);
  /// When the next one may arrive; nothing if none is under way.
  std::optional<Time> next_timeout() const;

  Counters take_counters(Time now);

 private:
  /// More in flight are dropped: 64 MB at most.
  static constexpr std::size_t kMostInFlight = 40'000;
  /// What is overtaken comes so much later than it would.
  static constexpr Nanoseconds kHeldBack{10'000'000};

  void advance(Time now);
  void depart(Time at, Packet packet);
  bool is_lost();
  double chance();
  /// When the first one in the queue will be on its way.
  Time head_sent() const;
  double backlog_seconds() const;

  Settings settings_;
  std::mt19937_64 random_;
  std::deque<Packet> queue_;
  double queued_bits_ = 0;  // that are still to be sent
  double head_bits_ = 0;    // of the first one
  Time served_until_;
  std::multimap<Time, Packet> flight_;
  Time last_arrival_;
  Time cut_until_;
  bool in_burst_ = false;
  Counters counters_;
  double backlog_integral_ = 0;  // s²
  Time counted_from_;
};

}  // namespace duet::link
