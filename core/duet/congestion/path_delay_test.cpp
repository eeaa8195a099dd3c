// SPDX-License-Identifier: MIT
// Tests of the queue and the rate that arrivals show.
#include <duet/congestion/path_delay.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

class PathDelayTest : public testing::Test {
 protected:
  /// The clocks are an hour apart.
  void arrive(Instant sent, Duration delay, std::uint32_t size = 1000, double capacity = 0) {
    bytes_ += size;
    path_.handle_arrival(
        {.sent_at = sent, .arrived_at = sent + 1h + delay, .size = size, .sent_through = bytes_},
        capacity);
  }

  Config config_;
  PathDelay path_{config_};
  std::uint64_t bytes_ = 0;
};

TEST_F(PathDelayTest, TheFastestPacketStandsForAnEmptyQueue) {
  arrive(ms(0), 40ms);
  arrive(ms(10), 70ms);
  EXPECT_EQ(path_.newest(), 30ms);
  arrive(ms(20), 25ms);
  EXPECT_EQ(path_.newest(), 0ms);
  arrive(ms(30), 30ms);
  EXPECT_EQ(path_.newest(), 5ms);
}

TEST_F(PathDelayTest, ABurstIsNoStandingQueue) {
  for (int i = 0; i < 10; ++i) arrive(ms(i * 10), i % 3 == 0 ? 20ms : 45ms);
  EXPECT_EQ(path_.standing(), 0ms);
  for (int i = 10; i < 20; ++i) arrive(ms(i * 10), i % 3 == 0 ? 50ms : 75ms);
  EXPECT_EQ(path_.standing(), 30ms);
}

TEST_F(PathDelayTest, ALongPacketTakesLongerToPass) {
  arrive(ms(0), 20ms, 100);
  arrive(ms(20), 36ms, 1100, 500'000);  // 16 ms more at 500 kbit/s
  EXPECT_EQ(path_.newest(), 0ms);
}

TEST_F(PathDelayTest, ThePathsOwnDelayIsForgottenInTime) {
  arrive(ms(0), 20ms);
  for (int i = 1; i < 250; ++i) arrive(ms(i * 100), 60ms);
  EXPECT_EQ(path_.newest(), 0ms);
}

TEST_F(PathDelayTest, AnotherClockIsAnotherBeginning) {
  arrive(ms(0), 20ms);
  arrive(ms(10), 20ms + 48h);
  EXPECT_EQ(path_.newest(), 0ms);
}

TEST_F(PathDelayTest, MeasuresBothRates) {
  for (int i = 0; i < 20; ++i) arrive(ms(i * 10), 20ms + i * 10ms);
  const auto rates = path_.rates(200ms);
  ASSERT_TRUE(rates);
  EXPECT_NEAR(rates->sent_bps, 800'000, 1);
  EXPECT_NEAR(rates->arrived_bps, 400'000, 1);
  EXPECT_EQ(path_.rates(5ms), std::nullopt);
}

TEST_F(PathDelayTest, IsBusyFromTheFirstPacketThatWaitedOn) {
  arrive(ms(0), 20ms);
  EXPECT_EQ(path_.busy_for(), std::nullopt);
  for (int i = 1; i <= 10; ++i) arrive(ms(i * 10), 40ms);
  EXPECT_EQ(path_.busy_for(), 90ms);
  arrive(ms(110), 21ms);
  EXPECT_EQ(path_.busy_for(), std::nullopt);
}

TEST_F(PathDelayTest, AForeignQueueIsNotOurs) {
  arrive(ms(0), 20ms);
  for (int i = 1; i <= 10; ++i) arrive(ms(i * 10), 70ms);
  path_.set_foreign(50ms);
  arrive(ms(200), 75ms);
  EXPECT_EQ(path_.newest(), 5ms);
  arrive(ms(210), 40ms);  // it goes with the first packet that waits less
  arrive(ms(220), 75ms);
  EXPECT_EQ(path_.newest(), 35ms);
}

}  // namespace
}  // namespace duet::congestion
