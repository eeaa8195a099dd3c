// SPDX-License-Identifier: MIT
// Transport-wide feedback: any bytes give exactly as many statuses as they announce, and what
// Arrivals writes of any arrivals says when each of them came, to a quarter of a millisecond.
#include <duet/base/check.hpp>
#include <duet/rtp/arrivals.hpp>
#include <duet/rtp/transport_feedback.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace {

using namespace duet;
using namespace duet::rtp;

Result<TransportFeedback, RtcpError> parse(std::span<const std::byte> control) {
  return TransportFeedback::parse(
      Feedback{.type = RtcpType::TransportFeedback, .format = 15, .control = control});
}

void check_walk(std::span<const std::byte> control) {
  const auto feedback = parse(control);
  if (!feedback) return;
  std::size_t statuses = 0;
  std::size_t received = 0;
  for (const PacketArrival& arrival : *feedback) {
    DUET_CHECK(arrival.sequence == feedback->base() + static_cast<std::int64_t>(statuses));
    ++statuses;
    received += arrival.at ? 1 : 0;
  }
  DUET_CHECK(statuses == feedback->status_count() && received == feedback->received_count());
  DUET_CHECK(statuses <= TransportFeedback::kMaxStatuses && received <= control.size());
}

/// Arrivals as the input says, four bytes each, and what is told of them.
void check_arrivals(std::span<const std::uint8_t> input) {
  Arrivals arrivals{50ms};
  std::map<std::uint16_t, Instant> came;  // the latest under this number
  std::array<std::byte, 1200> memory{};
  Instant now{1s};
  std::uint16_t sequence = 0;
  for (; input.size() >= 4; input = input.subspan(4)) {
    const unsigned step = static_cast<unsigned>(input[0] | input[1] << 8);
    // Mostly the next one or a near one, sometimes far.
    sequence = static_cast<std::uint16_t>((step & 0xC000) == 0xC000 ? sequence + step
                                                                    : sequence + step % 32 - 8);
    now += std::chrono::microseconds{(input[2] & 0x7F) * (input[2] >= 0x80 ? 100000 : 100)};
    const auto before = arrivals.stats().packets;
    arrivals.handle_packet(now, SequenceNumber{sequence});
    if (arrivals.stats().packets > before) came[sequence] = now;
    const std::size_t room = Arrivals::kMinBuffer + input[3] * 4;
    const std::span<std::byte> buffer{memory.data(), std::min(room, memory.size())};
    for (std::size_t i = 0;; ++i) {
      const auto control = arrivals.poll_feedback(now, buffer);
      if (control.empty()) break;
      DUET_CHECK(i <= Arrivals::kWindow && control.size() <= buffer.size());
      const auto feedback = parse(control);
      DUET_CHECK(feedback && feedback->received_count() > 0);
      check_walk(control);
      for (const PacketArrival& arrival : *feedback) {
        if (!arrival.at) continue;
        const Instant told{feedback->reference().value() * 64ms + *arrival.at};
        const Instant truth = came.at(arrival.sequence.value());
        DUET_CHECK(told <= truth && truth - told < 250us);
      }
    }
    DUET_CHECK(!arrivals.next_timeout() || *arrivals.next_timeout() > now);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_walk(std::as_bytes(std::span{data, size}));
  check_arrivals({data, size});
  return 0;
}
