// SPDX-License-Identifier: MIT
// Tests of when pictures are shown.
#include <duet/base/random.hpp>
#include <duet/media/playout_clock.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace duet::media {
namespace {

double millis(Duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

constexpr std::int64_t kFrameTicks = 3000;  // 30 a second
constexpr Duration kPath = 40ms;

Instant captured(int frame) { return Instant{frame * 100'000us / 3}; }

class PlayoutClockTest : public testing::Test {
 protected:
  /// @return how long after its capture the frame is shown
  Duration show(int frame, Duration late, bool is_key = false) {
    const Instant ready = captured(frame) + late;
    const std::int64_t timestamp = kFirst + frame * kFrameTicks;
    clock_.handle_frame(ready, timestamp, is_key);
    return std::max(clock_.render_time(ready, timestamp), ready) - captured(frame);
  }

  static constexpr std::int64_t kFirst = -700;  // unwrapped ones may be negative
  PlayoutClock clock_;
  SeededRandom random_{5};
};

TEST_F(PlayoutClockTest, AnEvenPathAddsTheDecodingOnly) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_NEAR(millis((show(i, kPath) - kPath)), 10, 0.02);
  }
  EXPECT_NEAR(millis(clock_.current_delay()), 10, 0.02);
}

TEST_F(PlayoutClockTest, ALargeFirstFrameHoldsNobodyUpForLong) {
  EXPECT_NEAR(millis(show(0, kPath + 120ms, true)), 170, 1);  // at once, and decoding
  for (int i = 1; i < 60; ++i) show(i, kPath);
  EXPECT_NEAR(millis(show(60, kPath)), 50, 1);
}

TEST_F(PlayoutClockTest, AKeyFrameLaterOnChangesNothing) {
  for (int i = 0; i < 200; ++i) {
    show(i, kPath + (i % 20 == 0 ? 120ms : 0ms), i % 20 == 0);
  }
  EXPECT_NEAR(millis(show(200, kPath)), 50, 1);
}

TEST_F(PlayoutClockTest, ShowsEvenlyWhatComesUnevenly) {
  std::vector<Duration> shown;
  for (int i = 0; i < 900; ++i) {
    shown.push_back(show(i, kPath + Duration{random_.u64() % 30'000}));
  }
  double error = 0;
  for (std::size_t i = 300; i < shown.size(); ++i) {
    error += std::abs(millis(shown[i] - shown[i - 1]));
    EXPECT_LE(shown[i], kPath + 42ms);
  }
  EXPECT_LT(error / 600, 0.5);  // as it comes, it would be 10
}

TEST_F(PlayoutClockTest, GrowsFastAndShrinksSlowly) {
  int i = 0;
  for (; i < 300; ++i) show(i, kPath);
  const auto jittery = [&] { return kPath + Duration{random_.u64() % 80'000}; };
  for (; i < 330; ++i) show(i, jittery());
  EXPECT_GT(clock_.current_delay(), 60ms);
  for (; i < 630; ++i) show(i, jittery());
  for (int j = 0; j < 150; ++j) show(i++, kPath);
  EXPECT_GT(clock_.current_delay(), 60ms);  // after five seconds
  for (int j = 0; j < 300; ++j) show(i++, kPath);
  EXPECT_LT(clock_.current_delay(), 12ms);
}

TEST_F(PlayoutClockTest, WhatWasLateOnceIsForgottenWhenItIsOver) {
  int i = 0;
  for (; i < 300; ++i) show(i, kPath);
  for (const int end = i + 75; i < end; ++i) show(i, kPath + 90ms - (i - end + 75) * 1ms);
  EXPECT_GT(clock_.current_delay(), 80ms);
  for (const int end = i + 100; i < end; ++i) show(i, kPath + 5ms);
  EXPECT_LT(clock_.current_delay(), 20ms);  // after 3.3 s, of which it was looked at for 2
}

TEST_F(PlayoutClockTest, WhatWasALittleLateBeforeMakesItNoHabit) {
  int i = 0;
  for (; i < 300; ++i) show(i, kPath + (i % 40 == 0 ? 25ms : 0ms));
  for (const int end = i + 60; i < end; ++i) show(i, kPath + 300ms - (i - end + 60) * 5ms);
  for (const int end = i + 100; i < end; ++i) show(i, kPath + 5ms);
  EXPECT_LT(clock_.current_delay(), 20ms);
}

TEST_F(PlayoutClockTest, WhatComesAgainAndAgainIsExpected) {
  int i = 0;
  for (int times = 0; times < 5; ++times) {
    for (const int end = i + 108; i < end; ++i) show(i, kPath);
    for (const int end = i + 12; i < end; ++i) show(i, kPath + 80ms);
  }
  for (const int end = i + 100; i < end; ++i) show(i, kPath);
  EXPECT_GT(clock_.current_delay(), 80ms);
}

TEST_F(PlayoutClockTest, NeverChangesPaceMoreThanAllowed) {
  Duration before = show(0, kPath);
  for (int i = 1; i < 2000; ++i) {
    show(i, kPath + Duration{i / 100 % 2 == 0 ? 0 : random_.u64() % 90'000});
    const Duration now = clock_.render_time(captured(i), kFirst + i * kFrameTicks) - captured(i);
    EXPECT_LE(now - before, 16'700us);
    EXPECT_GE(now - before, -3'400us);
    before = now;
  }
}

TEST_F(PlayoutClockTest, AnOutageSaysNothingOfTheJitter) {
  int i = 0;
  for (; i < 300; ++i) show(i, kPath);
  // Held up for a second, then all of it in one go.
  for (const int end = i + 30; i < end; ++i) show(i, kPath + (end - i) * 33ms);
  EXPECT_LT(show(i, kPath), kPath + 520ms);
  for (const int end = i + 330; i < end; ++i) show(i, kPath);
  EXPECT_NEAR(millis(show(i, kPath)), 50, 1);
}

TEST_F(PlayoutClockTest, AnotherPathIsLearnedAndTheOldOneForgotten) {
  int i = 0;
  for (; i < 300; ++i) show(i, kPath);
  for (; i < 900; ++i) show(i, kPath + 200ms);
  EXPECT_NEAR(millis(show(i++, kPath + 200ms)), 250, 1);
  for (const int end = i + 40; i < end; ++i) show(i, kPath);  // back again
  EXPECT_LE(show(i, kPath), 250ms);
  for (const int end = i + 400; i < end; ++i) show(i, kPath);
  EXPECT_NEAR(millis(show(i, kPath)), 50, 1);
}

TEST_F(PlayoutClockTest, AClockThatJumpsIsFollowed) {
  for (int i = 0; i < 100; ++i) show(i, kPath);
  const std::int64_t jump = 90'000 * 3600;
  for (int i = 100; i < 200; ++i) {
    clock_.handle_frame(captured(i) + kPath, jump + i * kFrameTicks, false);
    const Instant at = clock_.render_time(captured(i) + kPath, jump + i * kFrameTicks);
    EXPECT_LE(at, captured(i) + kPath + 1s);
    if (i >= 140) {
      EXPECT_NEAR(millis((at - captured(i))), 50, 1);
    }
  }
}

TEST_F(PlayoutClockTest, FollowsASenderWhoseClockRunsFaster) {
  for (int i = 0; i < 30'000; ++i) {  // 200 ppm for 17 minutes
    const Duration drift = captured(i).time_since_epoch() / 5000;
    const Duration shown = show(i, kPath - drift);
    EXPECT_NEAR(millis((shown + drift)), 51, 3);
  }
}

TEST_F(PlayoutClockTest, HoldsPicturesAsLongAsSoundNeeds) {
  for (int i = 0; i < 30; ++i) show(i, kPath);
  clock_.set_minimum_delay(100ms);
  for (int i = 30; i < 60; ++i) show(i, kPath);
  EXPECT_NEAR(millis(clock_.current_delay()), 110, 1);
  EXPECT_NEAR(millis(clock_.jitter_delay()), 10, 1);
  clock_.set_minimum_delay(10s);
  for (int i = 60; i < 200; ++i) show(i, kPath);
  EXPECT_LE(clock_.current_delay(), PlayoutClock::kMaxDelay + clock_.decode_time());
}

}  // namespace
}  // namespace duet::media
