// SPDX-License-Identifier: MIT
// When to send the next regular report.
#pragma once

#include <duet/base/random.hpp>
#include <duet/rtp/types.hpp>

#include <cstddef>

namespace duet::rtp {

/// The timer of RFC 3550 §6.2 and §6.3 for a session of two: no reconsideration, since nobody
/// joins, and feedback may go at once, since nobody else could send the same (RFC 4585 §3.4:
/// T_dither_max is 0).
class RtcpSchedule {
 public:
  struct Options {
    /// The least between reports: T_rr_interval (RFC 4585 §3.4). A second keeps round trips fresh.
    Duration min_interval = 1s;
    /// What all RTCP of the session may take: 5 % (RFC 3550 §6.2), at least of 1 Mbit/s.
    std::uint64_t bandwidth_bps = 50'000;
  };

  RtcpSchedule(Instant now, Random& random, const Options& options);

  /// A datagram with a regular report left; the next one is planned.
  void handle_report_sent(Instant now, std::size_t size);
  /// Any other datagram.
  void handle_sent(std::size_t size);

  bool is_due(Instant now) const { return now >= next_; }

  Instant next_timeout() const { return next_; }

  Duration interval() const { return options_.min_interval; }

 private:
  Duration draw();

  Random& random_;
  Options options_;
  std::size_t average_size_ = 128;  // bytes; RFC 3550 §6.3.3: a guess of the first packet
  Instant next_;
};

}  // namespace duet::rtp
