// SPDX-License-Identifier: MIT
// The test pattern: read back after scaling and encoding; in time; ended at once.
#include <duet/codec/video_decoder.hpp>
#include <duet/codec/video_encoder.hpp>
#include <duet/device/pattern.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace duet::device {
namespace {

using codec::Picture;
using codec::Size;
using std::chrono::steady_clock;

constexpr PatternMark kMark{.counter = 0xDEADBEEF, .captured_ms = 0x12'3456'789A};

TEST(Pattern, IsReadBackAtAnySize) {
  for (const Size size : {Size{1920, 1080}, Size{1280, 720}, Size{641, 361}, Size{320, 180},
                          Size{160, 90}, Size{90, 160}, Size{48, 32}}) {
    SCOPED_TRACE(size.width);
    EXPECT_EQ(read_pattern(*PatternPainter{size}.paint(kMark, "12:34:56")), kMark);
  }
}

TEST(Pattern, IsReadBackAfterScaling) {
  const auto picture = PatternPainter{{1280, 720}}.paint(kMark, "12:34:56");
  for (const Size size : {Size{320, 180}, Size{427, 240}, Size{200, 200}, Size{1920, 1080}}) {
    EXPECT_EQ(read_pattern(*codec::scaled(picture, size)), kMark);
  }
}

TEST(Pattern, IsNotReadWhereThereIsNone) {
  const auto grey = Picture::make({320, 180});
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const auto bytes = static_cast<std::size_t>(grey->stride(plane)) *
                       static_cast<std::size_t>(grey->size(plane).height);
    std::fill_n(grey->data(plane), bytes, std::uint8_t{128});
  }
  EXPECT_EQ(read_pattern(*grey), std::nullopt);
  EXPECT_EQ(read_pattern(*Picture::make({8, 8})), std::nullopt);
}

TEST(Pattern, IsNotReadWithOneCellWrong) {
  auto picture = Picture::make({320, 180});
  write_mark(*picture, kMark);
  ASSERT_EQ(read_pattern(*picture), kMark);
  const int y = picture->size().height - 5;  // in the last row
  auto* line = picture->data(Picture::Plane::Y);
  for (int row = y - 2; row < y + 5; ++row) {
    auto* first = line + std::ptrdiff_t{row} * picture->stride(Picture::Plane::Y);
    for (int x = 0; x < 13; ++x) first[x] = static_cast<std::uint8_t>(255 - first[x]);
  }
  EXPECT_EQ(read_pattern(*picture), std::nullopt);
}

void expect_read_back_from(Size drawn, Size sent) {
  const PatternPainter painter{drawn};
  auto encoder = codec::make_video_encoder(media::Codec::Vp8, {.size = sent, .rate_bps = 300'000});
  auto decoder = codec::make_video_decoder(media::Codec::Vp8);
  ASSERT_TRUE(encoder && decoder);
  for (std::uint32_t i = 0; i < 60; ++i) {
    SCOPED_TRACE(i);
    const PatternMark mark{.counter = 0xFFFF'FFE0U + i, .captured_ms = 1'000'000'000ULL + 33 * i};
    const auto frame = (*encoder)->encode(painter.paint(mark, "12:34:56"), rtp::Timestamp{3000 * i},
                                          codec::FrameKind::Any);
    ASSERT_TRUE(frame && *frame);
    const auto picture = (*decoder)->decode(**frame);
    ASSERT_TRUE(picture && *picture);
    EXPECT_EQ(read_pattern(***picture), mark);
  }
}

TEST(Pattern, IsReadBackFromASmallPictureOf300Kbit) {
  expect_read_back_from({1280, 720}, {320, 180});
}

TEST(Pattern, IsReadBackFromALargePictureOf300Kbit) {
  expect_read_back_from({1280, 720}, {1280, 720});
}

TEST(Pattern, ComesInRealTime) {
  Pattern pattern{{64, 48}, 100};
  const auto start = steady_clock::now();
  std::optional<Instant> first;
  for (int i = 0; i < 11; ++i) {
    const auto capture = pattern.read();
    ASSERT_TRUE(capture);
    if (!first) first = capture->captured;
    const auto mark = read_pattern(*std::get<codec::PicturePtr>(capture->image));
    ASSERT_TRUE(mark);
    EXPECT_EQ(capture->captured - *first, mark->counter * 10ms);
    EXPECT_EQ(mark->captured_ms,
              static_cast<std::uint64_t>(capture->captured.time_since_epoch() / 1ms));
  }
  EXPECT_GE(steady_clock::now() - start, 100ms);
}

TEST(Pattern, LeavesOutWhatNobodyRead) {
  Pattern pattern{{64, 48}, 100};
  ASSERT_TRUE(pattern.read());
  std::this_thread::sleep_for(55ms);
  const auto mark = read_pattern(*std::get<codec::PicturePtr>(pattern.read()->image));
  ASSERT_TRUE(mark);
  EXPECT_GE(mark->counter, 5U);
}

TEST(Pattern, EndsAtOnceWhenInterrupted) {
  Pattern pattern{{64, 48}, 1};
  ASSERT_TRUE(pattern.read());
  const auto start = steady_clock::now();
  std::thread other{[&] {
    std::this_thread::sleep_for(20ms);
    pattern.interrupt();
  }};
  EXPECT_FALSE(pattern.read());
  EXPECT_FALSE(pattern.read());
  EXPECT_LT(steady_clock::now() - start, 900ms);
  EXPECT_EQ(pattern.error(), std::nullopt);
  other.join();
}

}  // namespace
}  // namespace duet::device
