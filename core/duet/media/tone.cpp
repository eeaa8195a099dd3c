// SPDX-License-Identifier: MIT
// Sines, and the power at one frequency by Goertzel's recurrence.
#include <duet/media/tone.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace duet::media {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;
constexpr std::size_t kLeast = kSampleRate / 20;
constexpr std::size_t kMost = kSampleRate;
constexpr double kLowest = 50;
constexpr double kHighest = 8'000;  // what a call's tone stays below

/// The amplitude of what `windowed` has at a frequency, times half of the window's sum.
double strength_at(std::span<const float> windowed, double frequency_hz) {
  const double factor = 2 * std::cos(kTurn * frequency_hz / kSampleRate);
  double last = 0;
  double before = 0;
  for (const float sample : windowed) {
    const double next = double{sample} + factor * last - before;
    before = last;
    last = next;
  }
  return std::sqrt(std::max(0.0, last * last + before * before - factor * last * before));
}

}  // namespace

void ToneGenerator::generate(std::span<Sample> samples, int channels) {
  const auto width = static_cast<std::size_t>(channels);
  for (std::size_t i = 0; i + width <= samples.size(); i += width) {
    const auto value = static_cast<Sample>(std::lround(peak_ * std::sin(kTurn * turn_)));
    std::ranges::fill(samples.subspan(i, width), value);
    turn_ += step_;
    turn_ -= std::floor(turn_);
  }
}

std::optional<Tone> measure_tone(std::span<const Sample> samples, int channels, int channel) {
  const auto width = static_cast<std::size_t>(channels);
  const std::size_t count = std::min(samples.size() / width, kMost);
  if (count < kLeast) return std::nullopt;
  // Hann's window: a neighbouring frequency leaks little, and the peak is smooth.
  std::vector<float> windowed(count);
  double sum = 0;
  double power = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double window =
        0.5 - 0.5 * std::cos(kTurn * (static_cast<double>(i) + 0.5) / static_cast<double>(count));
    const double sample = samples[i * width + static_cast<std::size_t>(channel)] / 32'767.0;
    windowed[i] = static_cast<float>(window * sample);
    sum += window;
    power += window * window * sample * sample;
  }
  if (power == 0) return std::nullopt;

  const double step = static_cast<double>(kSampleRate) / static_cast<double>(count);
  double best = kLowest;
  double strongest = 0;
  for (double f = kLowest; f <= kHighest; f += step) {
    const double strength = strength_at(windowed, f);
    if (strength <= strongest) continue;
    strongest = strength;
    best = f;
  }
  // The peak is within one step, and has no other beside it: thirds of the interval until it is
  // narrow enough.
  double low = best - step;
  double high = best + step;
  while (high - low > 0.005) {
    const double third = (high - low) / 3;
    if (strength_at(windowed, low + third) < strength_at(windowed, high - third)) {
      low += third;
    } else {
      high -= third;
    }
  }
  const double frequency = (low + high) / 2;
  const double level = 2 * strength_at(windowed, frequency) / sum;
  // Hann's window has 3/8 of its square's sum for each sample, a sine half of its peak's square.
  const double whole = power / (0.375 * static_cast<double>(count));
  return Tone{.frequency_hz = frequency,
              .level = level,
              .purity = std::min(1.0, level * level / 2 / whole)};
}

}  // namespace duet::media
