// SPDX-License-Identifier: MIT
// How one stream arrives: what is new, late, lost or twice, and how evenly it comes.
#pragma once

#include <duet/rtp/rtcp_report.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace duet::rtp {

/// The statistics of RFC 3550 appendix A.1 (sequence numbers), A.3 (loss) and A.8 (jitter) for one
/// SSRC. Its window makes one of each packet, in whatever order they come.
///
/// Departs from RFC 3550 A.1: the first packet counts at once (MIN_SEQUENTIAL 0), since SRTP has
/// shown whose it is, and MAX_MISORDER is as long as the window, since a retransmission comes later
/// than reordering does. A packet beyond both bounds counts only if its successor is the next to
/// come. Late packets leave the jitter as it is.
class Reception {
 public:
  enum class Verdict : std::uint8_t {
    Newest,     ///< the highest number so far
    Late,       ///< an older one that had not come yet
    Duplicate,  ///< one that had
    Restarted,  ///< the stream goes on somewhere else: forget what was missing
    Refused,    ///< too far from all others, for now
  };

  static constexpr int kMaxDropout = 3000;   // RFC 3550 A.1
  static constexpr int kMaxMisorder = 2047;  // instead of 100: see above
  static constexpr std::size_t kWindow = 2048;

  /// @param clock_rate  ticks of the timestamp in a second; 0 leaves the jitter as it is
  Verdict handle_packet(Instant now, SequenceNumber sequence, Timestamp timestamp,
                        std::uint32_t clock_rate);

  /// A packet that was restored from another stream: it counts neither as received nor for jitter,
  /// so that reports tell what the path loses (RFC 4588 §9). Only Newest, Late, Duplicate or
  /// Refused.
  Verdict handle_recovered(SequenceNumber sequence);

  bool started() const { return started_; }

  /// The highest number, on a line that wraps and restarts prolong.
  std::int64_t highest() const { return highest_; }

  /// Where a number near the highest is on that line.
  std::int64_t unwrap(SequenceNumber sequence) const {
    return highest_ + distance(SequenceNumber{static_cast<std::uint16_t>(highest_)}, sequence);
  }

  /// RFC 3550 §6.4.1: expected less received; duplicates make it smaller.
  std::int64_t lost() const { return started_ ? expected() - received_ : 0; }

  /// RFC 3550 A.8, in ticks.
  std::uint32_t jitter() const { return static_cast<std::uint32_t>(jitter_ >> 4); }

  /// The block's fields on loss and jitter; begins the next interval (RFC 3550 A.3).
  ReportBlock take_report(Ssrc ssrc);

 private:
  std::int64_t expected() const { return expected_before_ + highest_ - base_ + 1; }

  void begin(std::int64_t sequence);
  void advance_to(std::int64_t sequence);
  bool mark(std::int64_t sequence);
  void measure_jitter(Instant now, Timestamp timestamp, std::uint32_t clock_rate);

  std::array<std::uint64_t, kWindow / 64> seen_{};  // by number modulo kWindow
  std::int64_t base_ = 0;
  std::int64_t highest_ = 0;
  std::int64_t expected_before_ = 0;  // by the restart before base_
  std::int64_t received_ = 0;
  std::int64_t expected_reported_ = 0;
  std::int64_t received_reported_ = 0;
  std::uint32_t jitter_ = 0;        // times 16
  std::uint32_t transit_ = 0;       // of the last packet, in ticks, wrapping
  std::uint32_t transit_rate_ = 0;  // the clock rate of transit_, 0 for none
  std::uint16_t restart_at_ = 0;    // the number that would prove a restart
  bool restart_expected_ = false;
  bool started_ = false;
};

}  // namespace duet::rtp
