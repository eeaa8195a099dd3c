// SPDX-License-Identifier: MIT
// How much may be on the way at once.
#pragma once

#include <duet/base/time.hpp>
#include <duet/sctp/rtt.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace duet::sctp {

/// CUBIC (RFC 9438) with HyStart++ (RFC 9406), taught to tell loss by chance from loss by a full
/// queue.
///
/// Departs from RFC 9438 §4.6: where no queue stands on the path (the least round trip of a round
/// is near the least ever) and fewer than one packet in fifty is lost, loss does not shrink the
/// window; at 0.1 % of loss, 100 ms and 100 Mbit/s, CUBIC alone would be left with a thirtieth of
/// the rate. Where a queue stands, the window goes back to what the path was measured to carry
/// (delivered rate times the least round trip), if that is more than CUBIC's 0.7, as TCP Westwood
/// does.
///
/// Packets are numbered in the order they were sent, retransmissions included, from 0 on.
class CongestionControl {
 public:
  /// RFC 9002 §7.2 (RFC 6928): ten packets to begin with.
  static constexpr std::size_t kInitialPackets = 10;
  static constexpr std::size_t kMinPackets = 2;
  /// Losses out of this many packets that are taken for chance: BBRv3's BBRLossThresh is 2 %.
  static constexpr std::size_t kToleratedLoss = 50;
  /// So many in a round may be lost in any case, since few packets make no percentage.
  static constexpr std::size_t kToleratedPackets = 2;

  explicit CongestionControl(std::size_t packet_size);

  void set_packet_size(std::size_t size) { packet_size_ = size; }

  struct Acked {
    Instant now;
    std::size_t bytes = 0;               // newly acknowledged
    std::uint64_t largest = 0;           // number of the last packet acknowledged
    std::uint64_t next = 0;              // number the next packet will have
    std::optional<Duration> round_trip;  // a sample, if there is one
    bool was_limited = false;            // the window held us back since the last one
  };

  void handle_acked(const Acked& acked, const RttEstimator& rtt);

  /// @param packets  found lost at once
  /// @param first    number of the first of them
  /// @param next     number the next packet will have
  void handle_lost(std::size_t packets, std::uint64_t first, std::uint64_t next,
                   const RttEstimator& rtt);

  /// A retransmission timer ran out with nothing heard (RFC 9260 §7.2.3).
  void handle_timeout(std::uint64_t next);

  /// Another path, of which nothing is known.
  void reset();

  /// Bytes that may be on the way.
  std::size_t window() const { return window_; }

  bool is_in_slow_start() const { return window_ < threshold_; }

  /// Bytes per second to send at, so that a window is spread over its round trip; nothing where
  /// that is shorter than timers are exact, or not known.
  std::optional<double> pacing_rate(const RttEstimator& rtt) const;

 private:
  void end_round(Instant now, std::uint64_t next);
  void grow_slowly(std::size_t bytes);
  void grow_cubic(Instant now, std::size_t bytes, const RttEstimator& rtt);
  bool has_queue(const RttEstimator& rtt) const;

  std::size_t packet_size_;
  std::size_t window_;
  std::size_t threshold_;             // ssthresh
  std::uint64_t recovery_until_ = 0;  // packets from this number on tell of the smaller window

  // The round: from one packet to its acknowledgement.
  std::uint64_t round_end_ = 0;
  Instant round_began_{};
  std::size_t round_bytes_ = 0;
  std::size_t round_lost_ = 0;
  bool has_round_ = false;
  Duration round_minimum_;
  Duration last_round_minimum_;
  int round_samples_ = 0;
  double rate_ = 0;  // bytes per second delivered, the better of the last two rounds
  double last_rate_ = 0;

  // HyStart++: conservative slow start.
  bool is_conservative_ = false;
  int conservative_rounds_ = 0;
  Duration conservative_baseline_{};

  // CUBIC, in packets and seconds.
  bool has_epoch_ = false;
  Instant epoch_{};
  double w_max_ = 0;
  double k_ = 0;
  double w_est_ = 0;
};

}  // namespace duet::sctp
