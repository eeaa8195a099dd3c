// SPDX-License-Identifier: MIT
// How long packets wait in the path's queue, and how fast it lets them out.
#pragma once

#include <duet/congestion/config.hpp>
#include <duet/congestion/sent_packets.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace duet::congestion {

/// Keeps the arrivals of the last second. The one-way delay of the fastest packet of the last 10 to
/// 20 s stands for an empty queue (as in RFC 8298 §4.1.2 and RFC 6817 §3.4.2); the clocks of the
/// two ends need not agree, but tick alike to 100 ppm or so.
class PathDelay {
 public:
  /// Arrivals that are remembered: a second of 10 Mbit/s.
  static constexpr std::size_t kMaxSamples = 1024;

  explicit PathDelay(const Config& config) : config_{&config} {}

  /// @param capacity_bps  how fast the path is thought to be; 0 if that is not known. Packets of
  ///                      other sizes than the fastest one's take a different time at it
  void handle_arrival(const PacketResult& result, double capacity_bps);

  /// The least wait of the packets of the last standing_window: what a burst adds doesn't count.
  Duration standing() const;

  /// Of the packet that arrived last.
  Duration newest() const { return count_ == 0 ? Duration{0} : at(count_ - 1).wait; }

  /// Since when no packet has found the queue nearly empty, on the receiver's clock; nothing if the
  /// last one did.
  std::optional<Duration> busy_for() const;

  struct Rates {
    double sent_bps = 0;     ///< as the packets left, lost ones between them included
    double arrived_bps = 0;  ///< the same bytes by the time in which they arrived
    Duration arrived_within{0};
    std::size_t packets = 0;
  };

  /// Of the packets that arrived in the last `window`; nothing if those are too few to tell.
  std::optional<Rates> rates(Duration window) const;

  /// A wait of this much is not ours: the path has become longer, or others fill the queue.
  void set_foreign(Duration wait) { foreign_ = wait; }

  Duration foreign() const { return foreign_; }

 private:
  struct Sample {
    Instant sent_at;
    Instant arrived_at;
    std::uint64_t sent_through = 0;
    Duration wait{0};
  };

  struct Fastest {
    Duration delay = Duration::max();
    std::uint32_t size = 0;
  };

  const Sample& at(std::size_t index) const { return samples_[(first_ + index) % kMaxSamples]; }

  void reset();

  const Config* config_;
  std::vector<Sample> samples_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::array<Fastest, 2> fastest_;  // of this window and of the one before
  Instant window_began_{};
  std::optional<Instant> busy_since_;
  Duration foreign_{0};
};

}  // namespace duet::congestion
