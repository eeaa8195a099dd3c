// SPDX-License-Identifier: MIT
// What stands for missing sound goes on as it was, and goes away.
#include <duet/media/concealment.hpp>
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numbers>

namespace duet::media {
namespace {

double rms(std::span<const Sample> sound) {
  double sum = 0;
  for (const Sample sample : sound) sum += 1.0 * sample * sample;
  return std::sqrt(sum / static_cast<double>(sound.size()));
}

TEST(Concealment, AToneGoesOnInItsPhase) {
  for (const double frequency : {100.0, 250.0, 441.0, 1234.0}) {
    SCOPED_TRACE(frequency);
    std::vector<Sample> all(Concealment::kHistory + 480);
    ToneGenerator{frequency}.generate(all, 1);
    Concealment concealment{1};
    std::vector<Sample> made;
    concealment.begin(std::span{all}.first(Concealment::kHistory));
    concealment.generate(480, made);
    ASSERT_EQ(made.size(), 480u);
    double wrong = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const double difference = made[i] - all[Concealment::kHistory + i];
      wrong += difference * difference;
    }
    EXPECT_LT(std::sqrt(wrong / 480), 0.15 * rms(all));
    const double steepest = 0.25 * 32'767 * 2 * std::numbers::pi * frequency / kSampleRate;
    EXPECT_LT(std::abs(made[0] - all[Concealment::kHistory - 1]), 1.3 * steepest + 2);
  }
}

TEST(Concealment, FadesWithin70MillisecondsToTheNoiseThatWasThere) {
  Concealment concealment{1};
  std::vector<Sample> hum(480);
  std::uint32_t random = 3;
  for (int i = 0; i < 300; ++i) {
    for (Sample& sample : hum) {
      random = random * 1'664'525 + 1'013'904'223;
      sample = static_cast<Sample>(static_cast<int>(random >> 25) - 64);  // RMS 37
    }
    concealment.handle_heard(hum);
  }
  std::vector<Sample> voice(Concealment::kHistory);
  ToneGenerator{200}.generate(voice, 1);
  std::vector<Sample> made;
  concealment.begin(voice);
  concealment.generate(480, made);
  EXPECT_NEAR(rms(made), rms(voice), 0.05 * rms(voice));
  EXPECT_FALSE(concealment.has_faded());
  concealment.generate(2880, made);
  EXPECT_TRUE(concealment.has_faded());
  made.clear();
  concealment.generate(4800, made);
  EXPECT_NEAR(rms(made), 37, 8);
}

TEST(Concealment, NoiseIsNeverLouderThanAQuietRoom) {
  Concealment concealment{1};
  std::vector<Sample> loud(480);
  for (int i = 0; i < 3000; ++i) {
    ToneGenerator{300}.generate(loud, 1);
    concealment.handle_heard(loud);
  }
  std::vector<Sample> made;
  concealment.begin({});
  concealment.generate(4800, made);
  EXPECT_LT(rms(made), 120);
  EXPECT_GT(rms(made), 60);
}

TEST(Concealment, BeforeAnythingWasHeardThereIsNothing) {
  Concealment concealment{2};
  std::vector<Sample> made;
  concealment.begin(std::vector<Sample>(100));
  concealment.generate(480, made);
  EXPECT_EQ(made, std::vector<Sample>(960));
}

TEST(Concealment, ChannelsStayApart) {
  std::vector<Sample> heard(2 * Concealment::kHistory);
  for (std::size_t i = 0; i < heard.size(); i += 2) heard[i] = (i / 2 % 240 < 120) ? 5000 : -5000;
  Concealment concealment{2};
  concealment.begin(heard);
  std::vector<Sample> made;
  concealment.generate(480, made);
  for (std::size_t i = 0; i < made.size(); i += 2) {
    EXPECT_GT(std::abs(made[i]), 1000);
    EXPECT_EQ(made[i + 1], 0);
  }
}

}  // namespace
}  // namespace duet::media
