// SPDX-License-Identifier: MIT
// The interval of RTCP.
#include <duet/rtp/rtcp_schedule.hpp>

#include <algorithm>

namespace duet::rtp {
namespace {

constexpr std::size_t kMembers = 2;       // of a call
constexpr std::size_t kUdpOverhead = 28;  // RFC 3550 §6.2: with UDP and IP headers

}  // namespace

RtcpSchedule::RtcpSchedule(Instant now, Random& random, const Options& options)
    : random_{random}, options_{options}, next_{now} {
  next_ = now + draw() / 2;  // RFC 3550 §6.2: half for the first one
}

Duration RtcpSchedule::draw() {
  // RFC 3550 §6.3.1: n * C, at least Tmin, times 0.5 to 1.5. The divisor e - 3/2 corrects what
  // reconsideration does to the mean, so without it there is none.
  const std::uint64_t bits = kMembers * average_size_ * 8;
  const Duration by_rate{static_cast<std::int64_t>(bits * 1'000'000 / options_.bandwidth_bps)};
  const Duration interval = std::max(by_rate, options_.min_interval);
  return interval / 2 + interval * static_cast<std::int64_t>(random_.u64() % 1001) / 1000;
}

void RtcpSchedule::handle_sent(std::size_t size) {
  average_size_ = (15 * average_size_ + size + kUdpOverhead) / 16;  // RFC 3550 §6.3.3
}

void RtcpSchedule::handle_report_sent(Instant now, std::size_t size) {
  handle_sent(size);
  next_ = now + draw();
}

}  // namespace duet::rtp
