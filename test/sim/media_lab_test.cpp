// SPDX-License-Identifier: MIT
// How well pictures and sound get through bottlenecks, losses and changes of the rate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sim/media_lab.hpp>

#include <cstdlib>

namespace duet::sim {
namespace {

void show(const MediaLab& lab) {
  if (const char* step = std::getenv("DUET_TRACE")) {
    lab.print(std::chrono::milliseconds{std::atoi(step)});
  }
}

void limited(std::uint64_t rate) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    MediaLab lab{seed, {.up = {.rate_bps = rate, .queue = 300ms, .delay = 25ms}}};
    lab.start();
    lab.run_for(45s);
    show(lab);
    const double use = lab.used_bps(5s, 45s) / static_cast<double>(rate);
    const Duration queue = lab.queue_quantile(0.95, 5s, 45s);
    std::printf(
        "%4lu kbit/s: use %.3f shown %.3f queue p50 %ld p95 %ld p99 %ld ms freezes %d frame delay "
        "p50 %ld p95 %ld\n",
        rate / 1000, use, lab.shown_bps(5s, 45s) / static_cast<double>(rate),
        lab.queue_quantile(0.5, 5s, 45s).count() / 1000, queue.count() / 1000,
        lab.queue_quantile(0.99, 5s, 45s).count() / 1000, lab.freezes(2s, 45s),
        lab.frame_delay(0.5, 5s, 45s).count() / 1000,
        lab.frame_delay(0.95, 5s, 45s).count() / 1000);
    EXPECT_GE(use, 0.90);
    EXPECT_LE(queue, 60ms);
    EXPECT_EQ(lab.freezes(2s, 45s), 0);
  }
}

TEST(MediaLab, FillsOneMegabit) { limited(1'000'000); }

TEST(MediaLab, FillsHalfAMegabit) { limited(500'000); }

TEST(MediaLab, Reaches720p) {
  for (const std::uint64_t seed : seeds(3)) {
    MediaLab lab{seed, {}};
    lab.start();
    lab.run_for(10s);
    show(lab);
    const auto reached = lab.reached(MediaLab::kHd, 0s);
    std::printf("clean: 720p30 after %ld ms, max after %ld ms, wire/target %.2f\n",
                reached ? reached->count() / 1000 : -1,
                lab.reached(2'400'000, 0s).value_or(-1ms).count() / 1000,
                lab.used_bps(2s, 10s) / lab.mean_target_bps(2s, 10s));
    ASSERT_TRUE(reached);
    EXPECT_LE(*reached, 4s);
  }
}

TEST(MediaLab, DrainsAndComesBack) {
  for (const Duration depth : {300ms, 1000ms}) {
    for (const std::uint64_t seed : seeds(20)) {
      SCOPED_TRACE(replay_hint(seed));
      const Link wide{.rate_bps = 2'500'000, .queue = depth, .delay = 25ms};
      const Link narrow{.rate_bps = 600'000, .queue = depth, .delay = 25ms};
      MediaLab lab{seed, {.up = wide}};
      lab.start();
      lab.change_in(15s, narrow);
      lab.change_in(35s, wide);
      lab.run_for(60s);
      show(lab);
      const auto drained = lab.drained(60ms, 15s);
      const auto back = lab.reached(0.8 * 2'500'000 * 0.9, 35s);
      const Duration gap = lab.longest_gap(15s, 20s);
      std::printf(
          "drop (%ld ms): drained after %ld ms, gap %ld ms, use then %.2f p95 %ld ms; back after "
          "%ld ms, use %.2f\n",
          depth.count() / 1000, drained ? (*drained - 15s).count() / 1000 : -1, gap.count() / 1000,
          lab.used_bps(18s, 35s) / 600'000, lab.queue_quantile(0.95, 18s, 35s).count() / 1000,
          back ? (*back - 35s).count() / 1000 : -1, lab.used_bps(45s, 60s) / 2'500'000);
      // Pictures are held for what the narrow path asks, and no longer for the queue at its
      // beginning.
      const auto first = lab.playout(15s, 19s);
      const auto then = lab.playout(19s, 25s);
      std::printf("  held %ld ms and %d late, then %ld ms and %d late\n", first.held.count() / 1000,
                  first.late, then.held.count() / 1000, then.late);
      EXPECT_LE(then.held, 130ms);
      EXPECT_LE(then.late, 15);
      ASSERT_TRUE(drained && back);
      EXPECT_LE(*drained - 15s, 3s);
      EXPECT_LE(gap, 1s);
      EXPECT_LE(*back - 35s, 8s);
    }
  }
}

void lossy(double percent, double least, double most_overhead, int most_freezes) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    MediaLab lab{seed,
                 {.up = {.delay = 25ms, .loss_percent = percent},
                  .back = {.delay = 25ms, .loss_percent = percent}}};
    lab.start();
    lab.run_for(45s);
    show(lab);
    const double target = lab.mean_target_bps(0s, 45s);
    const double overhead = lab.used_bps(0s, 45s) / (1 - percent / 100) / target;
    std::printf(
        "%.0f %% loss: target %.0f kbit/s, shown %.0f, wire/target %.2f, freezes %d, rtx %lu of "
        "%lu\n",
        percent, target / 1000, lab.shown_bps(0s, 45s) / 1000, overhead, lab.freezes(1s, 45s),
        lab.sent().retransmitted_packets_sent, lab.sent().packets_sent);
    EXPECT_GE(target, least);
    EXPECT_LE(overhead, most_overhead);
    EXPECT_LE(lab.freezes(1s, 45s), most_freezes);
  }
}

TEST(MediaLab, FivePercentLossCostsLittle) { lossy(5, 2'000'000, 1.4, 0); }

TEST(MediaLab, TwentyPercentLossIsNoCongestion) { lossy(20, 1'000'000, 2, 5); }

TEST(MediaLab, ALossOnALongPathIsRepairedAtTheFirstTry) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    const Link path{.delay = 100ms, .loss_percent = 10};
    MediaLab lab{seed, {.up = path, .back = path}};
    lab.start();
    lab.run_for(45s);
    show(lab);
    const Duration delay = lab.frame_delay(0.97, 10s, 45s);
    const double overhead = lab.used_bps(10s, 45s) / 0.9 / lab.mean_target_bps(10s, 45s);
    std::printf(
        "10 %% loss, 200 ms: frame delay p50 %ld p97 %ld ms, freezes %d, wire/target %.2f\n",
        lab.frame_delay(0.5, 10s, 45s).count() / 1000, delay.count() / 1000, lab.freezes(2s, 45s),
        overhead);
    EXPECT_LE(delay, 650ms);
    EXPECT_LE(lab.freezes(2s, 45s), 6);
    EXPECT_LE(overhead, 1.4);
  }
}

TEST(MediaLab, ComesBackAfterAnOutage) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    const Link path{.rate_bps = 4'000'000, .queue = 300ms, .delay = 25ms};
    Link none = path;
    none.is_down = true;
    MediaLab lab{seed, {.up = path}};
    lab.start();
    lab.change_in(10s, none);
    lab.change_in(12s, path);
    lab.run_for(20s);
    show(lab);
    const Duration gap = lab.longest_gap(10s, 20s);
    const double after = lab.mean_target_bps(14s, 20s);
    std::printf("outage of 2 s: next frame %ld ms after its end, target then %.0f kbit/s\n",
                (gap - 2s).count() / 1000, after / 1000);
    EXPECT_LE(gap, 2400ms);
    EXPECT_GE(after, 1'800'000);
  }
}

TEST(MediaLab, JitterIsNoQueue) {
  for (const std::uint64_t seed : seeds(20)) {
    SCOPED_TRACE(replay_hint(seed));
    const Link path{.rate_bps = 2'000'000, .queue = 300ms, .delay = 25ms, .jitter = 20ms};
    MediaLab lab{seed, {.up = path}};
    lab.start();
    lab.run_for(30s);
    show(lab);
    const double use = lab.used_bps(5s, 30s) / 2'000'000;
    const Duration queue = lab.queue_quantile(0.95, 5s, 30s);
    std::printf("jitter of 20 ms: use %.3f p95 %ld ms\n", use, queue.count() / 1000);
    EXPECT_GE(use, 0.8);
    EXPECT_LE(queue, 80ms);
  }
}

TEST(MediaLab, SoundLeavesRoomOnAPathForHardlyMore) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    MediaLab lab{seed, {.up = {.rate_bps = 100'000, .queue = 500ms, .delay = 25ms}}};
    lab.start();
    lab.run_for(30s);
    show(lab);
    const double use = lab.used_bps(8s, 30s) / 100'000;
    const Duration queue = lab.queue_quantile(0.95, 8s, 30s);
    std::printf("100 kbit/s: use %.3f p95 %ld ms freezes %d\n", use, queue.count() / 1000,
                lab.freezes(8s, 30s));
    EXPECT_GE(use, 0.8);
    EXPECT_LE(queue, 350ms);
    EXPECT_GE(lab.shown_bps(8s, 30s), 15'000);
  }
}

TEST(MediaLab, ASlowPathWithoutSoundWorksToo) {
  for (const std::uint64_t seed : seeds(3)) {
    SCOPED_TRACE(replay_hint(seed));
    MediaLab lab{seed,
                 {.up = {.rate_bps = 200'000, .queue = 500ms, .delay = 25ms}, .sound = false}};
    lab.start();
    lab.run_for(30s);
    show(lab);
    const double use = lab.used_bps(8s, 30s) / 200'000;
    const Duration queue = lab.queue_quantile(0.95, 8s, 30s);
    std::printf("200 kbit/s without sound: use %.3f p95 %ld ms freezes %d\n", use,
                queue.count() / 1000, lab.freezes(8s, 30s));
    EXPECT_GE(use, 0.85);
    EXPECT_LE(queue, 150ms);
  }
}

}  // namespace
}  // namespace duet::sim
