// SPDX-License-Identifier: MIT
// Tests of what clusters show.
#include <duet/congestion/prober.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

/// Five packets of 1,200 bytes that left each `sent` and arrived each `arrived`.
std::optional<ProbeResult> probe(Prober& prober, Duration sent, Duration arrived, int lost = 0,
                                 double lost_anyway = 0) {
  prober.plan(2'000'000);
  const auto cluster = prober.poll_cluster(ms(0));
  EXPECT_TRUE(cluster);
  for (int i = 0; i < 5; ++i) {
    PacketResult result{.sent_at = ms(0) + i * sent,
                        .arrived_at = ms(500) + i * arrived,
                        .size = 1200,
                        .sent_through = static_cast<std::uint64_t>(1200 * (i + 1)),
                        .probe = cluster->id};
    if (i > 0 && i <= lost) result.arrived_at.reset();
    prober.handle_result(result);
  }
  return prober.poll_result(ms(100), lost_anyway);
}

TEST(Prober, FindsTheRateOfAPathThatIsSlower) {
  const Config config;
  Prober prober{config};
  const auto result = probe(prober, 4800us, 9600us);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->limited);
  EXPECT_NEAR(result->sent_bps, 2e6, 1);
  EXPECT_NEAR(result->arrived_bps, 1e6, 1);
}

TEST(Prober, FindsThatAPathIsAsFast) {
  const Config config;
  Prober prober{config};
  const auto result = probe(prober, 4800us, 4900us);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->limited);
  EXPECT_EQ(prober.poll_result(ms(200), 0), std::nullopt);  // once
}

TEST(Prober, WhatIsLostAnywayIsNoLimit) {
  const Config config;
  Prober prober{config};
  EXPECT_FALSE(probe(prober, 4800us, 4800us, 1, 0.2)->limited);
  EXPECT_TRUE(probe(prober, 4800us, 4800us, 1, 0)->limited);
}

TEST(Prober, ForgetsAClusterThatIsNeverAnswered) {
  const Config config;
  Prober prober{config};
  prober.plan(1e6);
  EXPECT_TRUE(prober.is_busy(ms(0)));
  EXPECT_TRUE(prober.poll_cluster(ms(0)));
  EXPECT_TRUE(prober.is_busy(ms(10)));
  EXPECT_EQ(prober.poll_result(ms(3000), 0), std::nullopt);
  EXPECT_FALSE(prober.is_busy(ms(3000)));
}

TEST(Prober, PlansABoundedNumber) {
  const Config config;
  Prober prober{config};
  for (int i = 0; i < 10; ++i) prober.plan(1e6 + i);
  std::size_t clusters = 0;
  while (prober.poll_cluster(ms(0))) ++clusters;
  EXPECT_EQ(clusters, Prober::kMaxClusters);
}

}  // namespace
}  // namespace duet::congestion
