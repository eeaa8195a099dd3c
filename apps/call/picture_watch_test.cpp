// SPDX-License-Identifier: MIT
// What is told of pictures that were shown.
#include "picture_watch.hpp"

#include <duet/device/pattern_painter.hpp>

#include <gtest/gtest.h>

namespace duet::apps {
namespace {

constexpr Instant kStart{5s};

codec::PicturePtr pattern(std::uint64_t captured_ms) {
  return device::PatternPainter{{320, 180}}.paint({.counter = 1, .captured_ms = captured_ms}, "");
}

TEST(PictureWatch, TellsTheLongestGapAndWhenItEnded) {
  PictureWatch watch;
  for (const Duration at : {0ms, 30ms, 130ms, 160ms}) {
    watch.handle_picture(kStart + at, *pattern(5000));
  }
  const ShownFigures figures = watch.take();
  EXPECT_EQ(figures.gap, Duration{100ms});
  EXPECT_EQ(figures.gap_end, kStart + 130ms);
  EXPECT_FALSE(watch.take().gap);
  watch.handle_picture(kStart + 2160ms, *pattern(5000));  // the one before counts
  EXPECT_EQ(watch.take().gap, Duration{2s});
}

TEST(PictureWatch, TellsHowOldPatternsOfThisMachineAre) {
  PictureWatch watch;
  watch.handle_picture(kStart, *pattern(4960));
  watch.handle_picture(kStart, *pattern(4940));
  EXPECT_EQ(watch.take().latency, Duration{50ms});
  watch.handle_picture(kStart + 20s, *pattern(4940));  // of another clock
  watch.handle_picture(kStart + 20s, *pattern(26'000));
  EXPECT_FALSE(watch.take().latency);
}

}  // namespace
}  // namespace duet::apps
