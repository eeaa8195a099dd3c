// SPDX-License-Identifier: MIT
// Tests of losses with and without a cause.
#include <duet/base/random.hpp>
#include <duet/congestion/loss_model.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

/// Ten seconds of packets of 1,200 bytes, at rates that go up from 300 kbit/s by a tenth each
/// 250 ms and back to the beginning.
LossModel observe(std::uint64_t seed, double share, double limit_bps, bool in_bursts = false) {
  SeededRandom random{seed};
  LossModel model;
  Instant now{1s};
  double rate = 300'000;
  bool bad = false;
  for (int step = 0; step < 40; ++step) {
    const int packets = static_cast<int>(rate / 8 / 1200 / 20);
    for (int i = 0; i < 5; ++i) {  // each 50 ms
      std::size_t lost = 0;
      for (int packet = 0; packet < packets; ++packet) {
        const double over = rate > limit_bps ? 1 - limit_bps / rate : 0;
        const double drawn = static_cast<double>(random.u64() >> 11) * 0x1p-53;
        if (in_bursts) {  // four at a time
          bad = bad ? drawn < 0.75 : drawn < share / 4 / (1 - share);
          if (bad) ++lost;
        } else if (drawn < share + (1 - share) * over) {
          ++lost;
        }
      }
      now += 50ms;
      model.handle_results(now, static_cast<std::size_t>(packets), lost, rate, false);
    }
    rate = rate > 3'000'000 ? 300'000 : rate * 1.1;
  }
  return model;
}

TEST(LossModel, LossThatDoesNotDependOnTheRateIsNoLimit) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const double share : {0.02, 0.05, 0.2, 0.35}) {
      const LossModel model = observe(seed, share, 1e9);
      EXPECT_EQ(model.limit_bps(), std::nullopt) << seed << ' ' << share;
      EXPECT_NEAR(model.inherent(), share, 0.05);
    }
  }
}

TEST(LossModel, NeitherIsLossThatComesInBursts) {
  int limits = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    if (observe(seed, 0.05, 1e9, true).limit_bps()) ++limits;
  }
  EXPECT_LE(limits, 2);  // chance makes some look like it
}

TEST(LossModel, FindsWhereLossBegins) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const double share : {0.0, 0.05, 0.15}) {
      const LossModel model = observe(seed, share, 1e6);
      ASSERT_TRUE(model.limit_bps()) << seed << ' ' << share;
      EXPECT_NEAR(*model.limit_bps(), 1e6, 0.25e6) << seed << ' ' << share;
      EXPECT_NEAR(model.inherent(), share, 0.08);
    }
  }
}

TEST(LossModel, SaysNothingOfNothing) {
  EXPECT_EQ(LossModel{}.limit_bps(), std::nullopt);
  EXPECT_EQ(LossModel{}.inherent(), 0);
  EXPECT_EQ(LossModel{}.recent(), 0);
}

}  // namespace
}  // namespace duet::congestion
