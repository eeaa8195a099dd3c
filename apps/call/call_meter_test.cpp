// SPDX-License-Identifier: MIT
// Averages of one call among several.
#include "call_meter.hpp"

#include <gtest/gtest.h>

namespace duet::apps {
namespace {

constexpr Instant kStart{1h};

/// What has come by all calls so far.
call::StudioStats so_far(std::uint64_t frames, std::uint64_t packets, std::int64_t lost) {
  call::StudioStats stats;
  stats.received.frames = frames;
  stats.received.packets = packets;
  stats.received.packets_lost = lost;
  stats.received.bytes = packets * 1000;
  stats.received.size = {640, 360};
  return stats;
}

TEST(CallMeter, AveragesFromTheFirstPictureToTheEndOfThisCall) {
  CallMeter meter;
  // Calls before it have left their counts.
  meter.handle_both_there(kStart, so_far(500, 2'000, 1'000));
  meter.handle_connected(kStart + 1s, so_far(500, 2'000, 1'000));
  meter.handle_first_frame(kStart + 3s, so_far(501, 2'100, 1'050));
  meter.handle_over(kStart + 13s, so_far(801, 3'000, 1'150));
  // Whatever comes later is not this call's.
  const CallFigures figures = meter.figures(kStart + 60s, so_far(9'999, 99'999, 9'999));
  EXPECT_EQ(figures.connected, 1s);
  EXPECT_EQ(figures.video_first, 3s);
  EXPECT_DOUBLE_EQ(figures.video_fps.value(), 30);
  EXPECT_DOUBLE_EQ(figures.video_rate.value(), 900 * 1000 * 8 / 10.0);
  EXPECT_DOUBLE_EQ(figures.loss.value(), 0.1);
}

TEST(CallMeter, AveragesACallWithoutPicturesFromItsConnection) {
  CallMeter meter;
  meter.handle_both_there(kStart, so_far(0, 0, 0));
  meter.handle_connected(kStart + 1s, so_far(0, 0, 0));
  auto stats = so_far(0, 0, 0);
  stats.audio_packets = 95;
  stats.audio_packets_lost = 5;
  stats.audio_buffer.total_audio_energy = 0.5;
  stats.audio_buffer.total_samples_duration = 2;
  const CallFigures figures = meter.figures(kStart + 3s, stats);
  EXPECT_FALSE(figures.video_fps);
  EXPECT_DOUBLE_EQ(figures.loss.value(), 0.05);
  EXPECT_DOUBLE_EQ(figures.audio_level.value(), 0.5);
}

TEST(CallMeter, ForgetsTheCallBefore) {
  CallMeter meter;
  meter.handle_both_there(kStart, so_far(0, 0, 0));
  meter.handle_connected(kStart + 1s, so_far(0, 0, 0));
  meter.handle_first_frame(kStart + 1s, so_far(1, 10, 0));
  meter.handle_over(kStart + 2s, so_far(31, 100, 0));
  meter.handle_both_there(kStart + 1h, so_far(31, 100, 0));
  const CallFigures figures = meter.figures(kStart + 1h + 5s, so_far(31, 100, 0));
  EXPECT_FALSE(figures.connected);
  EXPECT_FALSE(figures.video_first);
  EXPECT_FALSE(figures.video_fps);
  EXPECT_FALSE(meter.has_first_frame());
}

}  // namespace
}  // namespace duet::apps
