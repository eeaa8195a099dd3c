// SPDX-License-Identifier: MIT
// Tones made and heard.
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace duet::media {
namespace {

std::vector<Sample> tone(double frequency, std::size_t samples, double level = 0.25) {
  std::vector<Sample> sound(samples);
  ToneGenerator{frequency, level}.generate(sound, 1);
  return sound;
}

TEST(Tone, IsHeardAtItsFrequencyAndLevel) {
  for (const double frequency : {60.0, 100.3, 440.0, 997.0, 1000.0, 3141.6, 7900.0}) {
    const auto heard = measure_tone(tone(frequency, 4800), 1);
    ASSERT_TRUE(heard);
    EXPECT_NEAR(heard->frequency_hz, frequency, 0.1);
    EXPECT_NEAR(heard->level, 0.25, 0.005);
    EXPECT_GT(heard->purity, 0.98);
  }
}

TEST(Tone, GoesOnWithoutAJumpFromBlockToBlock) {
  std::vector<Sample> whole = tone(441, 4800);
  std::vector<Sample> parts(4800);
  ToneGenerator generator{441};
  for (std::size_t i = 0; i < parts.size(); i += 480) {
    generator.generate(std::span{parts}.subspan(i, 480), 1);
  }
  EXPECT_EQ(parts, whole);
}

TEST(Tone, IsFoundInOneChannelOfTwo) {
  std::vector<Sample> both(2 * 4800);
  const auto left = tone(500, 4800);
  const auto right = tone(700, 4800);
  for (std::size_t i = 0; i < left.size(); ++i) {
    both[2 * i] = left[i];
    both[2 * i + 1] = right[i];
  }
  EXPECT_NEAR(measure_tone(both, 2, 0)->frequency_hz, 500, 0.1);
  EXPECT_NEAR(measure_tone(both, 2, 1)->frequency_hz, 700, 0.1);
}

TEST(Tone, IsLessPureBesideNoise) {
  auto sound = tone(800, 9600, 0.1);
  std::uint32_t random = 1;
  for (Sample& sample : sound) {
    random = random * 1'664'525 + 1'013'904'223;
    sample = static_cast<Sample>(sample + static_cast<int>(random >> 20) - 2048);
  }
  const auto heard = measure_tone(sound, 1);
  ASSERT_TRUE(heard);
  EXPECT_NEAR(heard->frequency_hz, 800, 1);
  // The noise is even over 4,096 steps: its power is 4096^2 / 12, the tone's 3277^2 / 2.
  EXPECT_NEAR(heard->purity, 0.79, 0.05);
}

TEST(Tone, IsNotFoundInSilenceNorInTooLittle) {
  EXPECT_FALSE(measure_tone(std::vector<Sample>(4800), 1));
  EXPECT_FALSE(measure_tone(tone(440, 1000), 1));
}

}  // namespace
}  // namespace duet::media
