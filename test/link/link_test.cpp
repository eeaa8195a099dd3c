// SPDX-License-Identifier: MIT
// What a link promises of its packets.
#include "direction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace duet::link {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr Time kStart{Nanoseconds{1'000'000'000}};

Time at(double ms) { return kStart + Nanoseconds{static_cast<std::int64_t>(ms * 1e6)}; }

Settings settings_of(std::string_view words) {
  Settings settings;
  const auto changes = parse_changes(words);
  EXPECT_TRUE(changes) << words;
  for (const Change& each : changes.value_or(std::vector<Change>{})) apply(settings, each);
  return settings;
}

Direction direction_of(std::string_view words, std::uint64_t seed = 1) {
  Direction direction{seed, kStart};
  direction.set(kStart, settings_of(words));
  return direction;
}

Packet packet_of(std::size_t bytes) { return Packet(bytes); }

/// When packets come out, in whole milliseconds from the start, as the direction itself wakes.
std::vector<int> arrivals(Direction& direction) {
  std::vector<int> times;
  while (const auto next = direction.next_timeout()) {
    while (direction.poll_packet(*next)) {
      times.push_back(static_cast<int>((*next - kStart) / milliseconds{1}));
    }
  }
  return times;
}

TEST(LinkWords, SayWhatBecomesDifferentAndWhere) {
  EXPECT_EQ(parse_changes("rate=600k,ab.loss=5%,ba.outage=2s"),
            (std::vector<Change>{{.key = Key::Rate, .value = 600'000},
                                 {.ba = false, .key = Key::Loss, .value = 0.05},
                                 {.ab = false, .key = Key::Outage, .value = 2}}));
  for (const auto* wrong : {"", "rate", "rate=", "rate=1x", "speed=1M", "loss=101%", "loss=0.1",
                            "delay=25", "burst=0.5", "rate=-1", "rate=1M,"}) {
    EXPECT_FALSE(parse_changes(wrong)) << wrong;
  }
}

TEST(LinkWords, SchedulesComeInOrderOfTime) {
  const auto steps = parse_schedule("# a road\n20s rate=2M\n 500ms  rate=600k # the tunnel\n\n");
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 2U);
  EXPECT_EQ(steps->front().at, milliseconds{500});
  EXPECT_EQ(steps->back().changes.front().value, 2e6);
  EXPECT_FALSE(parse_schedule("20s"));
  EXPECT_FALSE(parse_schedule("soon rate=1M"));
}

TEST(LinkDirection, SendsOneAfterAnotherAtItsRateAndThenDelays) {
  Direction direction = direction_of("rate=1M,delay=25ms");
  for (int i = 0; i < 3; ++i) direction.handle_packet(kStart, packet_of(1250));  // 10 ms each
  EXPECT_THAT(arrivals(direction), ElementsAre(35, 45, 55));
}

TEST(LinkDirection, AQueueThatIsFullTakesNoMore) {
  Direction direction = direction_of("rate=1M,queue=95ms");
  for (int i = 0; i < 30; ++i) direction.handle_packet(kStart, packet_of(1250));
  EXPECT_EQ(arrivals(direction).size(), 10U);
  const Counters counted = direction.take_counters(at(100.1));
  EXPECT_EQ(counted.offered, 37'500U);
  EXPECT_EQ(counted.forwarded, 12'500U);
  EXPECT_EQ(counted.dropped, 25'000U);
  EXPECT_NEAR(counted.queue_max_ms, 100, 0.1);
  EXPECT_NEAR(counted.queue_mean_ms, 50, 0.5);  // it falls evenly
}

TEST(LinkDirection, WhatWaitsWhenTheRateFallsWaitsLonger) {
  Direction direction = direction_of("rate=2M");
  for (int i = 0; i < 4; ++i) direction.handle_packet(kStart, packet_of(1250));  // 5 ms each
  direction.set(at(7.5), settings_of("rate=500k"));  // half of the second one is left: 10 ms
  EXPECT_THAT(arrivals(direction), ElementsAre(5, 17, 37, 57));
}

TEST(LinkDirection, ARateWithoutEndEmptiesTheQueue) {
  Direction direction = direction_of("rate=8k,queue=5s");
  for (int i = 0; i < 3; ++i) direction.handle_packet(kStart, packet_of(1000));
  direction.set(at(10), settings_of("rate=0"));
  EXPECT_THAT(arrivals(direction), ElementsAre(10, 10, 10));
}

TEST(LinkDirection, LosesTheShareThatWasAskedFor) {
  for (const auto* words : {"loss=20%", "loss=20%,burst=4"}) {
    Direction direction = direction_of(words);
    int in_a_row = 0;
    int bursts = 0;
    int lost = 0;
    for (int i = 0; i < 50'000; ++i) {
      direction.handle_packet(at(i), packet_of(100));
      if (direction.poll_packet(at(i))) {
        in_a_row = 0;
      } else {
        bursts += in_a_row++ == 0 ? 1 : 0;
        ++lost;
      }
    }
    EXPECT_NEAR(lost, 10'000, 500) << words;
    const bool is_bursty = std::string_view{words}.find("burst") != std::string_view::npos;
    EXPECT_NEAR(static_cast<double>(lost) / bursts, is_bursty ? 4 : 1.25, 0.2) << words;
  }
}

TEST(LinkDirection, TheSameSeedLosesTheSame) {
  const auto fate = [](std::uint64_t seed) {
    Direction direction = direction_of("loss=30%,jitter=20ms,reorder=5%", seed);
    for (int i = 0; i < 200; ++i) direction.handle_packet(at(i), packet_of(100));
    return arrivals(direction);
  };
  EXPECT_EQ(fate(7), fate(7));
  EXPECT_NE(fate(7), fate(8));
}

/// Sizes say which packet it is.
bool comes_in_order(std::string_view words) {
  Direction direction = direction_of(words);
  for (std::size_t i = 1; i <= 300; ++i) {
    direction.handle_packet(at(static_cast<double>(i)), packet_of(i));
  }
  std::size_t last = 0;
  bool in_order = true;
  while (const auto next = direction.next_timeout()) {
    while (const auto packet = direction.poll_packet(*next)) {
      in_order = in_order && packet->size() > last;
      last = packet->size();
    }
  }
  return in_order;
}

TEST(LinkDirection, JitterKeepsTheOrderAndReorderingDoesNot) {
  EXPECT_TRUE(comes_in_order("delay=10ms,jitter=30ms"));
  EXPECT_FALSE(comes_in_order("delay=10ms,reorder=5%"));
}

TEST(LinkDirection, AnOutageLosesWhatComesMeanwhile) {
  Direction direction = direction_of("delay=10ms");
  direction.cut(at(50));
  for (const int time : {0, 49, 50, 60}) direction.handle_packet(at(time), packet_of(100));
  EXPECT_THAT(arrivals(direction), ElementsAre(60, 70));
  EXPECT_EQ(direction.take_counters(at(100)).lost, 200U);
}

}  // namespace
}  // namespace duet::link
