// SPDX-License-Identifier: MIT
// Tests of what is left for an encoder.
#include <duet/congestion/media_budget.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

using Kind = MediaBudget::Kind;

Instant ms(std::int64_t count) { return Instant{1h + count * 1ms}; }

TEST(RateMeter, CountsTheLastSecond) {
  RateMeter meter;
  EXPECT_EQ(meter.rate_bps(ms(0)), 0);
  for (int i = 0; i < 300; ++i) meter.add(ms(i * 10), 125);  // 100 kbit/s
  EXPECT_NEAR(meter.rate_bps(ms(3000)), 100'000, 5'000);
  EXPECT_NEAR(meter.rate_bps(ms(3500)), 50'000, 10'000);
  EXPECT_EQ(meter.rate_bps(ms(10'000)), 0);
}

TEST(MediaBudget, SoundRepairsAndHeadersComeOffTheRate) {
  MediaBudget budget;
  for (int i = 0; i < 100; ++i) {
    budget.handle_sent(ms(i * 20), Kind::Sound, 125);     // 50 kbit/s
    budget.handle_sent(ms(i * 20), Kind::Repair, 250);    // 100 kbit/s
    budget.handle_sent(ms(i * 20), Kind::Picture, 1000);  // a tenth of it headers
  }
  EXPECT_NEAR(budget.media_bps(ms(2000), 1e6, 0, 100), 0.9 * 850'000, 10'000);
}

TEST(MediaBudget, WhatWaitsIsSentFirst) {
  MediaBudget budget;
  const double calm = budget.media_bps(ms(0), 1e6, 0, 60);
  EXPECT_EQ(budget.media_bps(ms(0), 1e6, 4000, 60), calm);  // a frame
  EXPECT_LT(budget.media_bps(ms(0), 1e6, 20'000, 60), 0.8 * calm);
  EXPECT_GE(budget.media_bps(ms(0), 1e6, 2'000'000, 60), 0.25 * calm);
}

TEST(MediaBudget, ThereIsAlwaysALittle) {
  MediaBudget budget;
  for (int i = 0; i < 100; ++i) budget.handle_sent(ms(i * 10), Kind::Sound, 1000);
  EXPECT_EQ(budget.media_bps(ms(1000), 100'000, 0, 60), MediaBudget::kLeastBps);
}

}  // namespace
}  // namespace duet::congestion
