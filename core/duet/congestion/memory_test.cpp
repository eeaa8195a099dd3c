// SPDX-License-Identifier: MIT
// A packet costs no allocation once memory has grown.
#include <duet/base/test_allocations.hpp>
#include <duet/congestion/test_support.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

TEST(Memory, NeitherSendingNorFeedbackAllocates) {
  Controller controller{{}};
  rtp::Arrivals arrivals{50ms};
  std::array<std::byte, 1200> memory{};
  Instant now{1h};
  std::uint16_t next = 0;
  const auto run = [&](int packets) {
    for (int i = 0; i < packets; ++i) {
      controller.handle_sent(now, rtp::SequenceNumber{next}, 1200, 0);
      if (i % 7 != 0) arrivals.handle_packet(now + 25ms, rtp::SequenceNumber{next});
      ++next;
      now += 2ms;
      const auto control = arrivals.poll_feedback(now, memory);
      if (control.empty()) continue;
      controller.handle_feedback(
          now, *rtp::TransportFeedback::parse(rtp::Feedback{
                   .type = rtp::RtcpType::TransportFeedback, .format = 15, .control = control}));
    }
  };
  run(10'000);
  const auto before = allocations;
  run(20'000);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace duet::congestion
