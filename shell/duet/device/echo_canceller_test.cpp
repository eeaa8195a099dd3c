// SPDX-License-Identifier: MIT
// A room made of numbers: what the speaker plays comes back, later and weaker, beside who speaks.
#include <duet/device/echo_canceller.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace duet::device {
namespace {

using media::Sample;

constexpr std::size_t kSecond = media::kSampleRate;

/// Noise with the spectrum of speech, roughly, in syllables of `syllable` samples.
std::vector<Sample> speech(std::uint32_t seed, std::size_t samples, std::size_t syllable) {
  std::vector<Sample> sound(samples);
  double low = 0;
  double lower = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    seed = seed * 1'664'525 + 1'013'904'223;
    const double noise = static_cast<double>(seed >> 16) / 32768.0 - 1.0;
    const std::size_t at = i % syllable;
    const double loud =
        i / syllable % 3 == 2
            ? 0.0
            : std::sin(3.14159 * static_cast<double>(at) / static_cast<double>(syllable));
    low += 0.3 * (noise * loud - low);
    lower += 0.02 * (low - lower);
    sound[i] = static_cast<Sample>((low - lower) * 14'000);
  }
  return sound;
}

/// The room: one direct way of `delay`, and two reflections.
std::vector<Sample> echo_of(const std::vector<Sample>& played, std::size_t delay) {
  std::vector<Sample> echo(played.size());
  const auto at = [&](std::size_t i, std::size_t later) {
    return i >= later ? static_cast<double>(played[i - later]) : 0.0;
  };
  for (std::size_t i = 0; i < played.size(); ++i) {
    echo[i] = static_cast<Sample>(0.3 * at(i, delay) + 0.1 * at(i, delay + 400) -
                                  0.05 * at(i, delay + 1'500));
  }
  return echo;
}

double power(std::span<const Sample> sound) {
  double sum = 0.01;
  for (const Sample sample : sound) sum += 1.0 * sample * sample;
  return sum / static_cast<double>(sound.size());
}

double decibels(double ratio) { return 10 * std::log10(ratio); }

std::vector<Sample> sum(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  std::vector<Sample> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = static_cast<Sample>(a[i] + b[i]);
  return out;
}

std::vector<Sample> cleaned(EchoCanceller& canceller, const std::vector<Sample>& played,
                            std::vector<Sample> captured, Duration delay) {
  for (std::size_t i = 0; i + media::kBlockSamples <= played.size(); i += media::kBlockSamples) {
    canceller.handle_played(std::span{played}.subspan(i, media::kBlockSamples), 1);
    canceller.clean(std::span{captured}.subspan(i, media::kBlockSamples), 1, delay);
  }
  return captured;
}

std::unique_ptr<EchoCanceller> canceller(const VoiceSettings& settings) {
  auto made = EchoCanceller::make(settings);
  return made ? std::move(*made) : nullptr;
}

constexpr VoiceSettings kEchoOnly{.suppress_noise = false, .adapt_gain = false};

TEST(EchoCanceller, TakesTwentyDecibelsOfTheEchoAfterThreeSeconds) {
  for (const auto& [delay, told] :
       {std::pair{60ms, 60ms}, std::pair{60ms, 20ms}, std::pair{120ms, 100ms}}) {
    SCOPED_TRACE(told / 1ms);
    const auto played = speech(1, 6 * kSecond, 9'600);
    const auto echo = echo_of(played, static_cast<std::size_t>(delay / 1ms) * 48);
    const auto it = canceller(kEchoOnly);
    ASSERT_TRUE(it);
    const auto out = cleaned(*it, played, echo, told);
    const double before = power(std::span{echo}.subspan(3 * kSecond));
    const double after = power(std::span{out}.subspan(3 * kSecond));
    EXPECT_GE(decibels(before / after), 20);
  }
}

TEST(EchoCanceller, WhoSpeaksMeanwhileIsHeard) {
  const auto played = speech(1, 8 * kSecond, 9'600);
  const auto near = speech(99, 8 * kSecond, 7'000);
  // Nobody speaks in the first four seconds.
  auto voice = near;
  std::fill(voice.begin(), voice.begin() + 4 * kSecond, Sample{0});
  const auto it = canceller(kEchoOnly);
  ASSERT_TRUE(it);
  const auto out = cleaned(*it, played, sum(echo_of(played, 60 * 48), voice), 60ms);
  const double left = power(std::span{out}.subspan(4 * kSecond));
  const double spoken = power(std::span{voice}.subspan(4 * kSecond));
  EXPECT_GE(decibels(left / spoken), -6);
  EXPECT_LE(decibels(left / spoken), 1);
}

TEST(EchoCanceller, AloneAVoiceStaysAsItIs) {
  const auto voice = speech(99, 4 * kSecond, 7'000);
  const auto it = canceller(kEchoOnly);
  ASSERT_TRUE(it);
  const auto out = cleaned(*it, std::vector<Sample>(voice.size()), voice, 40ms);
  EXPECT_NEAR(decibels(power(out) / power(voice)), 0, 1.5);
}

TEST(EchoCanceller, SteadyNoiseGetsLess) {
  std::vector<Sample> noise(5 * kSecond);
  std::uint32_t seed = 5;
  for (Sample& sample : noise) {
    seed = seed * 1'664'525 + 1'013'904'223;
    sample = static_cast<Sample>(static_cast<int>(seed >> 23) - 256);
  }
  const auto it = canceller({.adapt_gain = false});
  ASSERT_TRUE(it);
  const auto out = cleaned(*it, std::vector<Sample>(noise.size()), noise, 40ms);
  EXPECT_LE(decibels(power(std::span{out}.subspan(3 * kSecond)) / power(noise)), -8);
}

TEST(EchoCanceller, AQuietVoiceGetsLouder) {
  auto voice = speech(99, 8 * kSecond, 7'000);
  for (Sample& sample : voice) sample = static_cast<Sample>(sample / 8);
  const auto it = canceller({.suppress_noise = false});
  ASSERT_TRUE(it);
  const auto out = cleaned(*it, std::vector<Sample>(voice.size()), voice, 40ms);
  EXPECT_GE(decibels(power(std::span{out}.subspan(5 * kSecond)) /
                     power(std::span{voice}.subspan(5 * kSecond))),
            3);
}

TEST(EchoCanceller, TwoChannelsAreCleanedAsOneIs) {
  const auto played = speech(1, 6 * kSecond, 9'600);
  const auto echo = echo_of(played, 60 * 48);
  const auto it = canceller(kEchoOnly);
  ASSERT_TRUE(it);
  std::vector<Sample> loud(2 * media::kBlockSamples);
  std::vector<Sample> heard(2 * media::kBlockSamples);
  double before = 0;
  double after = 0;
  for (std::size_t i = 0; i + media::kBlockSamples <= played.size(); i += media::kBlockSamples) {
    for (std::size_t k = 0; k < loud.size(); ++k) {
      loud[k] = played[i + k / 2];
      heard[k] = echo[i + k / 2];
    }
    const double in = power(heard);
    it->handle_played(loud, 2);
    it->clean(heard, 2, 60ms);
    if (i < 3 * kSecond) continue;
    before += in;
    after += power(heard);
  }
  EXPECT_GE(decibels(before / after), 20);
}

}  // namespace
}  // namespace duet::device
