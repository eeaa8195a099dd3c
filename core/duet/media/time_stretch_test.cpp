// SPDX-License-Identifier: MIT
// Stretching keeps the pitch and makes no clicks.
#include <duet/media/time_stretch.hpp>
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace duet::media {
namespace {

constexpr double kLevel = 0.25;

std::vector<Sample> tone(double frequency, std::size_t samples) {
  std::vector<Sample> sound(samples);
  ToneGenerator{frequency, kLevel}.generate(sound, 1);
  return sound;
}

std::vector<Sample> noise(std::size_t samples, std::uint32_t seed = 1) {
  std::vector<Sample> sound(samples);
  for (Sample& sample : sound) {
    seed = seed * 1'664'525 + 1'013'904'223;
    sample = static_cast<Sample>((seed >> 18) - 8192);
  }
  return sound;
}

int largest_step(std::span<const Sample> sound) {
  int largest = 0;
  for (std::size_t i = 1; i < sound.size(); ++i) {
    largest = std::max(largest, std::abs(sound[i] - sound[i - 1]));
  }
  return largest;
}

double steepest(double frequency) {
  return kLevel * 32'767 * 2 * std::numbers::pi * frequency / kSampleRate;
}

/// Every 20 ms one stretch, as hard as can be.
std::vector<Sample> stretched(std::vector<Sample> sound, bool shorter) {
  for (std::size_t at = 0; at + 2000 < sound.size(); at += 960) {
    const Lag lag = find_lag(std::span{sound}.subspan(at), 1, 0, kLongestLag, kCrossfade);
    if (lag.samples == 0) break;
    (shorter ? accelerate : expand)(sound, at, 1, lag.samples);
  }
  return sound;
}

TEST(TimeStretch, ATonesFrequencyStaysAndThereIsNoClick) {
  for (const double frequency : {85.0, 110.0, 220.0, 440.0, 997.0, 1000.0, 2500.0}) {
    for (const bool shorter : {true, false}) {
      SCOPED_TRACE(frequency);
      const auto before = tone(frequency, 48'000);
      const auto after = stretched(before, shorter);
      const double growth = static_cast<double>(after.size()) / static_cast<double>(before.size());
      EXPECT_TRUE(shorter ? growth < 0.9 : growth > 1.1) << growth;
      const auto heard = measure_tone(after, 1);
      ASSERT_TRUE(heard);
      EXPECT_NEAR(heard->frequency_hz, frequency, 0.005 * frequency);
      EXPECT_GT(heard->purity, 0.9);
      EXPECT_LE(largest_step(after), 1.15 * steepest(frequency) + 2);
    }
  }
}

TEST(TimeStretch, TheSoundAroundItStaysAsItWas) {
  const auto before = noise(4000);
  auto shorter = before;
  accelerate(shorter, 1000, 1, 300);
  ASSERT_EQ(shorter.size(), 3700u);
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + 1000, shorter.begin()));
  EXPECT_TRUE(std::equal(before.begin() + 1300 + kCrossfade, before.end(),
                         shorter.begin() + 1000 + kCrossfade));
  auto longer = before;
  expand(longer, 1000, 1, 300);
  ASSERT_EQ(longer.size(), 4300u);
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + 1300, longer.begin()));
  EXPECT_TRUE(std::equal(before.begin() + 1000 + kCrossfade, before.end(),
                         longer.begin() + 1300 + kCrossfade));
}

TEST(TimeStretch, AConstantStaysConstantWithTheShortestAndTheLongestLag) {
  for (const std::size_t lag : {kShortestLag, kCrossfade, kLongestLag}) {
    std::vector<Sample> sound(4000, Sample{1234});
    accelerate(sound, 500, 1, lag);
    expand(sound, 500, 1, lag);
    EXPECT_EQ(sound, std::vector<Sample>(4000, Sample{1234}));
  }
}

TEST(TimeStretch, BothChannelsAreStretchedAlike) {
  const auto left = tone(300, 4000);
  const auto right = tone(450, 4000);
  std::vector<Sample> both;
  for (std::size_t i = 0; i < left.size(); ++i) both.insert(both.end(), {left[i], right[i]});
  auto alone = left;
  auto other = right;
  accelerate(both, 2 * 480, 2, 320);
  accelerate(alone, 480, 1, 320);
  accelerate(other, 480, 1, 320);
  ASSERT_EQ(both.size(), 2 * alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(both[2 * i], alone[i]);
    EXPECT_EQ(both[2 * i + 1], other[i]);
  }
}

TEST(TimeStretch, ThePeriodIsFoundWhereThereIsOne) {
  const Lag voice = find_lag(tone(100, 2000), 1, 0, kLongestLag, kCrossfade);
  EXPECT_NEAR(static_cast<double>(voice.samples), 480, 1);
  EXPECT_GT(voice.similarity, 0.99);
  EXPECT_LT(find_lag(noise(2000), 1, 0, kLongestLag, kCrossfade).similarity, 0.5);
  const Lag silence = find_lag(std::vector<Sample>(2000), 1, 0, kLongestLag, kCrossfade);
  EXPECT_EQ(silence.samples, kLongestLag);
  EXPECT_EQ(silence.similarity, 1);
}

TEST(TimeStretch, NothingIsFoundInTooLittle) {
  const auto little = tone(440, kShortestLag + kCrossfade - 1);
  EXPECT_EQ(find_lag(little, 1, 0, kLongestLag, kCrossfade).samples, 0u);
  EXPECT_EQ(find_lag(tone(440, 2000), 1, 0, kShortestLag - 1, kCrossfade).samples, 0u);
  EXPECT_EQ(find_lag(tone(440, kShortestLag + kCrossfade), 1, 0, kLongestLag, kCrossfade).samples,
            kShortestLag);
}

}  // namespace
}  // namespace duet::media
