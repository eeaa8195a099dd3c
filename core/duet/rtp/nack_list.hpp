// SPDX-License-Identifier: MIT
// Which packets of a stream are missing, and when to ask for them again.
#pragma once

#include <duet/rtp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::rtp {

/// Decides what a receiver asks for by generic NACK (RFC 4585 §6.2.1). A gap is not a loss yet: the
/// list waits as long as packets were seen to come late, asks, asks again after each round trip,
/// and gives up in the end; then only a key frame helps.
class NackList {
 public:
  /// A second of 8 Mbit/s. With more missing than that, a key frame is the shorter way.
  static constexpr std::size_t kMaxMissing = 1000;
  /// Twice as many where requests go twice. Ten losses of the same packet at 30 % each way: 1 in
  /// 20,000.
  static constexpr int kMaxRequests = 10;
  /// The part of packets lost from which on each request is sent twice.
  static constexpr double kAskTwiceAbove = 0.03;
  static constexpr Duration kAskAgainAfter = 20ms;
  /// Nobody shows what comes later.
  static constexpr Duration kMaxAge = 2s;
  static constexpr Duration kMinReorderWait = 2ms;
  static constexpr Duration kMaxReorderWait = 40ms;
  /// Before a round trip was measured.
  static constexpr Duration kDefaultRoundTrip = 100ms;

  /// @param sequence   as Reception unwraps it
  /// @param recovered  whether it came as a retransmission in a stream of its own
  void handle_packet(Instant now, std::int64_t sequence, bool recovered);

  /// The stream goes on from here; what was before it is not missing any more.
  void restart(std::int64_t sequence);

  /// What is missing before this number is of no use any more.
  void forget_before(std::int64_t sequence);

  void set_round_trip(Duration round_trip) { round_trip_ = round_trip; }

  /// What to ask for now, oldest first. Each is asked for once, until its time comes again.
  /// @return how many were put into `out`; ask again if it is full
  std::size_t poll_nack(Instant now, std::span<SequenceNumber> out);

  /// True once after packets were given up.
  bool poll_gave_up();

  std::optional<Instant> next_timeout() const { return next_; }

  std::size_t missing() const { return missing_.size(); }

 private:
  struct Missing {
    std::int64_t sequence = 0;
    Instant since;
    Instant ask_at;
    int requests = 0;
  };

  void clear();
  void learn(Instant now, const Missing& arrived, bool recovered);
  Duration retry_after(int requests) const;

  bool asks_twice() const { return loss_ > kAskTwiceAbove; }

  static constexpr double kLossSpan = 256;

  std::vector<Missing> missing_;  // by sequence, oldest first
  std::optional<std::int64_t> highest_;
  std::optional<Instant> next_;  // no later than the earliest ask_at
  Duration round_trip_ = kDefaultRoundTrip;
  Duration reorder_wait_ = 5ms;
  double loss_ = 0;  // of the last kLossSpan packets or so
  bool gave_up_ = false;
};

}  // namespace duet::rtp
