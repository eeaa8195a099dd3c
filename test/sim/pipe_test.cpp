// SPDX-License-Identifier: MIT
// What one direction of a link does to packets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sim/pipe.hpp>

#include <vector>

namespace duet::sim {
namespace {

using testing::ElementsAre;

constexpr Instant kStart{10s};

std::vector<Duration> arrivals(Pipe<int>& pipe) {
  std::vector<Duration> times;
  while (const auto at = pipe.next_timeout()) {
    while (pipe.poll(*at)) times.push_back(*at - kStart);
  }
  return times;
}

std::vector<int> order(Pipe<int>& pipe) {
  std::vector<int> packets;
  while (const auto at = pipe.next_timeout()) {
    while (const auto packet = pipe.poll(*at)) packets.push_back(*packet);
  }
  return packets;
}

TEST(Pipe, SerializesAtItsRateAndThenDelays) {
  SeededRandom random{1};
  Pipe<int> pipe{{.rate_bps = 8'000'000, .delay = 20ms}, random};  // 1 µs a byte
  for (int i = 0; i < 3; ++i) pipe.transmit(kStart, i, 1000);
  EXPECT_EQ(pipe.queued(kStart), Duration{3ms});
  EXPECT_THAT(arrivals(pipe), ElementsAre(21ms, 22ms, 23ms));
}

TEST(Pipe, DropsWhatWouldWaitLongerThanItsQueue) {
  SeededRandom random{1};
  Pipe<int> pipe{{.rate_bps = 8'000'000, .queue = 2ms}, random};
  for (int i = 0; i < 10; ++i) pipe.transmit(kStart, i, 1000);
  EXPECT_THAT(order(pipe), ElementsAre(0, 1, 2));
  EXPECT_EQ(pipe.counters().dropped, 7U);
}

TEST(Pipe, LosesTheShareItIsTold) {
  SeededRandom random{7};
  Pipe<int> pipe{{.loss_percent = 10}, random};
  for (int i = 0; i < 100'000; ++i) pipe.transmit(kStart, i, 100);
  EXPECT_NEAR(static_cast<double>(pipe.counters().lost), 10'000, 400);
}

TEST(Pipe, LosesInBurstsOfTheLengthItIsTold) {
  SeededRandom random{7};
  Pipe<int> pipe{{.burst_percent = 5, .burst_packets = 8}, random};
  int bursts = 0;
  bool was_lost = false;
  for (int i = 0; i < 200'000; ++i) {
    const auto before = pipe.counters().lost;
    pipe.transmit(kStart, i, 100);
    const bool is_lost = pipe.counters().lost != before;
    if (is_lost && !was_lost) ++bursts;
    was_lost = is_lost;
  }
  const auto lost = static_cast<double>(pipe.counters().lost);
  EXPECT_NEAR(lost / 200'000, 0.05, 0.01);
  EXPECT_NEAR(lost / bursts, 8, 1.5);
}

TEST(Pipe, JitterKeepsTheOrderAndReorderingDoesNot) {
  SeededRandom random{3};
  Pipe<int> jittery{{.jitter = 50ms}, random};
  Pipe<int> reordering{{.reorder_percent = 20}, random};
  for (int i = 0; i < 1000; ++i) {
    jittery.transmit(kStart + i * 1ms, i, 100);
    reordering.transmit(kStart + i * 1ms, i, 100);
  }
  EXPECT_TRUE(std::ranges::is_sorted(order(jittery)));
  const auto packets = order(reordering);
  EXPECT_EQ(packets.size(), 1000U);
  EXPECT_FALSE(std::ranges::is_sorted(packets));
}

TEST(Pipe, DuplicatesTheShareItIsTold) {
  SeededRandom random{3};
  Pipe<int> pipe{{.duplicate_percent = 50}, random};
  for (int i = 0; i < 1000; ++i) pipe.transmit(kStart, i, 100);
  EXPECT_NEAR(static_cast<double>(order(pipe).size()), 1500, 60);
}

TEST(Pipe, AnOutageLosesAllButWhatTcpSendsAgain) {
  SeededRandom random{3};
  Pipe<int> pipe{{.is_down = true}, random};
  pipe.transmit(kStart, 1, 100);
  pipe.transmit(kStart, 2, 100, Pipe<int>::Loss::None);
  EXPECT_THAT(order(pipe), ElementsAre(2));
}

}  // namespace
}  // namespace duet::sim
