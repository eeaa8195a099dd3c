// SPDX-License-Identifier: MIT
// Tests of what sound makes of its share.
#include <duet/congestion/sound_plan.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

TEST(SoundPlan, AWidePathHasRoomForAll) {
  const SoundPlan plan{250'000};
  EXPECT_EQ(plan.most_redundant(3), 3U);
  EXPECT_EQ(plan.rate_bps(3, 32'000), 32'000U);
}

TEST(SoundPlan, OlderPacketsGoBeforeQualityAndQualityBeforeSound) {
  EXPECT_EQ(SoundPlan{100'000}.most_redundant(3), 2U);
  EXPECT_EQ(SoundPlan{100'000}.most_redundant(1), 1U) << "no more than are wanted";
  EXPECT_EQ(SoundPlan{100'000}.rate_bps(2, 32'000) / 100, 245U);
  EXPECT_EQ(SoundPlan{50'000}.most_redundant(3), 0U);
  EXPECT_EQ(SoundPlan{50'000}.rate_bps(0, 32'000) / 100, 268U);
  EXPECT_EQ(SoundPlan{30'000}.most_redundant(3), 0U);
  EXPECT_EQ(SoundPlan{30'000}.rate_bps(0, 32'000), 12'000U);
}

TEST(SoundPlan, WhatThePeerTakesAtMostIsABound) {
  EXPECT_EQ(SoundPlan{30'000}.rate_bps(0, 8'000), 8'000U);
}

}  // namespace
}  // namespace duet::congestion
