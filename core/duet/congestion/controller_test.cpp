// SPDX-License-Identifier: MIT
// Tests of the rate over a path that is modelled in a few lines.
#include <duet/congestion/controller.hpp>
#include <duet/congestion/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace duet::congestion {
namespace {

TEST(Controller, UsesAPathWithoutAQueue) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (const double capacity : {200e3, 1e6, 4e6}) {
      TestPath path{seed};
      path.capacity_bps = capacity;
      path.run_for(5s);
      const std::uint64_t before = path.carried_bytes();
      int long_queues = 0;
      for (int i = 0; i < 200; ++i) {
        path.run_for(50ms);
        if (path.queue() > 40ms + Duration{static_cast<Duration::rep>(2 * 9600e6 / capacity)}) {
          ++long_queues;
        }
      }
      const double used = static_cast<double>(path.carried_bytes() - before) * 8 / 10;
      EXPECT_GE(used, 0.9 * capacity) << seed;
      EXPECT_LE(long_queues, 10) << seed << ' ' << capacity;
    }
  }
}

TEST(Controller, StaysWithinItsBounds) {
  const Config config{.min_rate_bps = 100'000, .max_rate_bps = 3'000'000};
  for (const double capacity : {20e3, 50e6}) {
    TestPath path{1, config};
    path.capacity_bps = capacity;
    for (int i = 0; i < 100; ++i) {
      path.run_for(100ms);
      EXPECT_GE(path.controller().rate_bps(), config.min_rate_bps);
      EXPECT_LE(path.controller().rate_bps(), config.max_rate_bps);
    }
    EXPECT_EQ(path.controller().rate_bps(),
              capacity < 1e6 ? config.min_rate_bps : config.max_rate_bps);
  }
}

TEST(Controller, DoesNotLookForMoreThanIsWanted) {
  TestPath path{1};
  path.capacity_bps = 50e6;
  path.controller().set_wanted_rate(1'500'000);
  path.run_for(3s);
  EXPECT_EQ(path.controller().rate_bps(), 1'500'000u);
  const std::uint64_t clusters = path.controller().probe_stats().clusters;
  path.run_for(60s);
  EXPECT_EQ(path.controller().probe_stats().clusters, clusters);
}

TEST(Controller, APathWithRoomLetsAPictureLeaveQuickly) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const double capacity : {1.5e6, 50e6}) {
      TestPath path{seed};
      path.capacity_bps = capacity;
      path.controller().set_wanted_rate(1'000'000);
      path.run_for(3s);
      EXPECT_GE(path.controller().pacing_rate_bps(), std::min(0.7 * capacity, 2e6)) << seed;
      EXPECT_LE(path.controller().pacing_rate_bps(), capacity) << seed;
    }
  }
}

TEST(Controller, ObeysThePeersLimit) {
  TestPath path{1};
  path.capacity_bps = 50e6;
  path.run_for(3s);
  path.controller().handle_remote_limit(400'000);
  EXPECT_EQ(path.controller().rate_bps(), 400'000u);
  path.controller().handle_remote_limit(0);
  EXPECT_GT(path.controller().rate_bps(), 4'000'000u);
}

TEST(Controller, ALossThatDoesNotDependOnTheRateLowersNothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestPath path{seed};
    path.capacity_bps = 50e6;
    path.loss = 0.2;
    path.controller().set_wanted_rate(3'000'000);
    path.run_for(10s);
    EXPECT_GE(path.controller().rate_bps(), 2'500'000u) << seed;
    EXPECT_NEAR(path.controller().loss(), 0.2, 0.15);
  }
}

TEST(Controller, ALossThatBeginsAtARateBoundsIt) {  // a policer: no queue at all
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestPath path{seed};
    path.capacity_bps = 1e6;
    path.depth = 1ms;
    path.run_for(10s);
    EXPECT_LE(path.controller().rate_bps(), 1'300'000u) << seed;
    EXPECT_GE(path.controller().rate_bps(), 700'000u) << seed;
  }
}

TEST(Controller, ALongerPathIsNoQueue) {  // a route that has changed
  TestPath path{1};
  path.capacity_bps = 20e6;
  path.controller().set_wanted_rate(2'000'000);
  path.run_for(5s);
  path.delay += 60ms;
  path.run_for(4s);
  EXPECT_GE(path.controller().rate_bps(), 1'700'000u);
}

TEST(Controller, ClocksNeedNotTickAlike) {
  for (const double skew : {-200e-6, 200e-6}) {
    TestPath path{1};
    path.skew = skew;
    path.run_for(60s);
    const std::uint64_t before = path.carried_bytes();
    path.run_for(60s);
    EXPECT_GE(static_cast<double>(path.carried_bytes() - before) * 8 / 60, 0.9e6);
    EXPECT_LE(path.queue(), 60ms);
  }
}

TEST(Controller, SharesAPathWithATcpFlow) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    for (const Duration depth : {100ms, 300ms}) {
      TestPath path{seed};
      path.capacity_bps = 3e6;
      path.depth = depth;
      path.run_for(5s);
      path.has_rival = true;
      path.run_for(10s);
      const std::uint64_t ours = path.carried_bytes();
      const std::uint64_t rivals = path.rival_bytes();
      path.run_for(60s);
      const auto our_share = static_cast<double>(path.carried_bytes() - ours) * 8 / 60 / 3e6;
      const auto its_share = static_cast<double>(path.rival_bytes() - rivals) * 8 / 60 / 3e6;
      EXPECT_GE(our_share, 0.15) << seed;
      EXPECT_GE(its_share, 0.15) << seed;
      EXPECT_GE(our_share + its_share, 0.95) << seed;
    }
  }
}

TEST(Controller, SilenceLowersTheRateAndFeedbackBringsItBack) {
  TestPath path{1};
  path.capacity_bps = 2e6;
  path.run_for(5s);
  const std::uint64_t before = path.controller().rate_bps();
  path.drops_feedback = true;
  path.run_for(3s);
  EXPECT_LE(path.controller().rate_bps(), before / 2);
  EXPECT_EQ(path.controller().stats().silences, 1u);
  path.drops_feedback = false;
  path.run_for(1s);
  EXPECT_GE(path.controller().rate_bps(), before * 7 / 10);
}

TEST(Controller, TellsAnOutageOfThePathFromOneOfItsFeedback) {
  TestPath path{1};
  path.run_for(5s);
  path.drops_feedback = true;
  path.run_for(1500ms);
  path.drops_feedback = false;
  path.run_for(500ms);
  EXPECT_FALSE(path.controller().poll_outage_ended());
  path.loss = 1;
  path.run_for(1500ms);
  path.loss = 0;
  path.run_for(500ms);
  EXPECT_TRUE(path.controller().poll_outage_ended());
  EXPECT_FALSE(path.controller().poll_outage_ended());
}

TEST(Controller, GoesByReportsWhereThereIsNoFeedback) {
  Controller controller{{}};
  Instant now{1s};
  for (int i = 0; i < 20; ++i) controller.handle_report(now += 1s, 0.01, 50ms);
  const std::uint64_t grown = controller.rate_bps();
  EXPECT_GT(grown, Config{}.start_rate_bps * 3);
  for (int i = 0; i < 5; ++i) controller.handle_report(now += 1s, 0.05, 50ms);
  EXPECT_EQ(controller.rate_bps(), grown);
  controller.handle_report(now += 1s, 0.5, 50ms);
  EXPECT_NEAR(static_cast<double>(controller.rate_bps()), 0.75 * static_cast<double>(grown), 2);
}

TEST(Controller, LiesGiveNoAbsurdRate) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SeededRandom random{seed};
    const Config config;
    Controller controller{config};
    Instant now{1h};
    std::uint16_t next = 0;
    std::array<std::byte, 1200> memory{};
    for (int i = 0; i < 500; ++i) {
      for (int k = 0; k < 5; ++k) {
        controller.handle_sent(now, rtp::SequenceNumber{next++}, 1200, 0);
        now += 5ms;
      }
      rtp::Arrivals arrivals{1ms};
      Instant claimed{Duration{static_cast<Duration::rep>(random.u64() % 1'000'000'000'000)}};
      for (int k = 0; k < 20; ++k) {
        claimed += Duration{static_cast<Duration::rep>(random.u64() % 300)};
        arrivals.handle_packet(claimed, rtp::SequenceNumber{static_cast<std::uint16_t>(
                                            next - 10 + static_cast<int>(random.u64() % 20))});
      }
      while (true) {
        const auto control = arrivals.poll_feedback(claimed + 1s, memory);
        if (control.empty()) break;
        controller.handle_feedback(
            now, *rtp::TransportFeedback::parse(rtp::Feedback{
                     .type = rtp::RtcpType::TransportFeedback, .format = 15, .control = control}));
      }
      ASSERT_GE(controller.rate_bps(), config.min_rate_bps);
      // Whatever is claimed, what was never sent was never carried: 1.9 Mbit/s were.
      ASSERT_LE(controller.rate_bps(), 2'500'000u) << seed;
      ASSERT_GT(controller.pacing_rate_bps(), 0);
    }
  }
}

}  // namespace
}  // namespace duet::congestion
