// SPDX-License-Identifier: MIT
// The statistics of a stream that arrives.
#include <duet/rtp/reception.hpp>

#include <algorithm>

namespace duet::rtp {
namespace {

/// A step of the timestamp that no delay explains: the sender's clock jumped. It says nothing of
/// the path, and would stand in the jitter for minutes.
constexpr std::uint32_t kLongestTransitStep = 5;  // seconds

}  // namespace

Reception::Verdict Reception::handle_packet(Instant now, SequenceNumber number, Timestamp timestamp,
                                            std::uint32_t clock_rate) {
  if (!started_) {
    begin(number.value());
    measure_jitter(now, timestamp, clock_rate);
    return Verdict::Newest;
  }
  const std::int64_t sequence = unwrap(number);
  const std::int64_t ahead = sequence - highest_;
  if (ahead > kMaxDropout || ahead < -kMaxMisorder) {
    if (restart_expected_ && number.value() == restart_at_) {
      // RFC 3550 A.1: "two sequential packets", so the other side restarted without telling us.
      expected_before_ = expected();
      // Two cycles on: so late packets of the old numbers can't be taken for ones that came.
      begin(((highest_ >> 16) + 2) << 16 | number.value());
      transit_rate_ = 0;
      measure_jitter(now, timestamp, clock_rate);
      return Verdict::Restarted;
    }
    restart_expected_ = true;
    restart_at_ = static_cast<std::uint16_t>(number.value() + 1);
    return Verdict::Refused;
  }
  restart_expected_ = false;
  ++received_;
  if (ahead > 0) {
    advance_to(sequence);
    mark(sequence);
    measure_jitter(now, timestamp, clock_rate);
    return Verdict::Newest;
  }
  return mark(sequence) ? Verdict::Late : Verdict::Duplicate;
}

Reception::Verdict Reception::handle_recovered(SequenceNumber number) {
  if (!started_) return Verdict::Refused;
  const std::int64_t sequence = unwrap(number);
  const std::int64_t ahead = sequence - highest_;
  // What nobody missed yet may be restored too: the loss of the newest packets shows only later.
  if (ahead > kMaxDropout || ahead < -kMaxMisorder) return Verdict::Refused;
  if (ahead > 0) {
    advance_to(sequence);
    mark(sequence);
    return Verdict::Newest;
  }
  return mark(sequence) ? Verdict::Late : Verdict::Duplicate;
}

void Reception::begin(std::int64_t sequence) {
  seen_.fill(0);
  base_ = sequence;
  highest_ = sequence;
  ++received_;
  restart_expected_ = false;
  started_ = true;
  mark(sequence);
}

void Reception::advance_to(std::int64_t sequence) {
  if (sequence - highest_ >= static_cast<std::int64_t>(kWindow)) seen_.fill(0);
  const std::int64_t first =
      std::max(highest_ + 1, sequence - static_cast<std::int64_t>(kWindow) + 1);
  for (std::int64_t at = first; at <= sequence; ++at) {
    const std::size_t bit = static_cast<std::size_t>(at) % kWindow;
    seen_[bit / 64] &= ~(std::uint64_t{1} << bit % 64);
  }
  highest_ = sequence;
}

bool Reception::mark(std::int64_t sequence) {
  const std::size_t bit = static_cast<std::size_t>(sequence) % kWindow;
  const std::uint64_t mask = std::uint64_t{1} << bit % 64;
  const bool is_new = (seen_[bit / 64] & mask) == 0;
  seen_[bit / 64] |= mask;
  return is_new;
}

void Reception::measure_jitter(Instant now, Timestamp timestamp, std::uint32_t clock_rate) {
  if (clock_rate == 0) return;
  const std::int64_t micros = now.time_since_epoch().count();
  const std::int64_t ticks =
      micros / 1'000'000 * clock_rate + micros % 1'000'000 * clock_rate / 1'000'000;
  const std::uint32_t transit = static_cast<std::uint32_t>(ticks) - timestamp.value();
  const bool comparable = transit_rate_ == clock_rate;
  const auto step = static_cast<std::int32_t>(transit - transit_);
  transit_ = transit;
  transit_rate_ = clock_rate;
  if (!comparable) return;
  const std::uint32_t d =
      step < 0 ? 0u - static_cast<std::uint32_t>(step) : static_cast<std::uint32_t>(step);
  if (d / kLongestTransitStep >= clock_rate) return;
  jitter_ += d - ((jitter_ + 8) >> 4);  // RFC 3550 A.8
}

ReportBlock Reception::take_report(Ssrc ssrc) {
  ReportBlock block{.ssrc = ssrc};
  if (!started_) return block;
  const std::int64_t expected_now = expected() - expected_reported_;
  const std::int64_t received_now = received_ - received_reported_;
  expected_reported_ = expected();
  received_reported_ = received_;
  const std::int64_t lost_now = expected_now - received_now;
  if (expected_now > 0 && lost_now > 0) {
    block.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(lost_now * 256 / expected_now, 255));
  }
  block.cumulative_lost =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7FFFFF));
  block.highest_sequence = static_cast<std::uint32_t>(highest_);
  block.jitter = jitter();
  return block;
}

}  // namespace duet::rtp
