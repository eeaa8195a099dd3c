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
constexpr std::size_t kBrief = kSampleRate / 10;
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

/// One channel under Hann's window: a neighbouring frequency leaks little, and the peak is smooth.
struct Windowed {
  Windowed(std::span<const Sample> sound, std::size_t width, std::size_t count) : samples(count) {
    for (std::size_t i = 0; i < count; ++i) {
      const double turn = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
      const double window = 0.5 - 0.5 * std::cos(kTurn * turn);
      const double sample = window * sound[i * width] / 32'767.0;
      samples[i] = static_cast<float>(sample);
      sum += window;
      power += sample * sample;
    }
  }

  /// Peaks are twice as wide.
  double step() const {
    return static_cast<double>(kSampleRate) / static_cast<double>(samples.size());
  }

  std::vector<float> samples;
  double sum = 0;  // of the window
  double power = 0;
};

/// Within `step` of `near` there is one peak: thirds of the interval until it is narrow enough.
double peak_near(std::span<const float> windowed, double near, double step) {
  double low = near - step;
  double high = near + step;
  while (high - low > 0.005) {
    const double third = (high - low) / 3;
    if (strength_at(windowed, low + third) < strength_at(windowed, high - third)) {
      low += third;
    } else {
      high -= third;
    }
  }
  return (low + high) / 2;
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
  const auto sound = samples.subspan(static_cast<std::size_t>(channel));

  // A short look finds the peak, a long one places it.
  const Windowed brief{sound, width, std::min(count, kBrief)};
  if (brief.power == 0) return std::nullopt;
  double best = kLowest;
  double strongest = 0;
  for (double f = kLowest; f <= kHighest; f += brief.step()) {
    const double strength = strength_at(brief.samples, f);
    if (strength <= strongest) continue;
    strongest = strength;
    best = f;
  }
  best = peak_near(brief.samples, best, brief.step());
  const Windowed whole{sound, width, count};
  const double frequency = peak_near(whole.samples, best, whole.step());

  const double level = 2 * strength_at(whole.samples, frequency) / whole.sum;
  // Hann's window has 3/8 of its square's sum for each sample, a sine half of its peak's square.
  const double all = whole.power / (0.375 * static_cast<double>(count));
  return Tone{.frequency_hz = frequency,
              .level = level,
              .purity = all > 0 ? std::min(1.0, level * level / 2 / all) : 0};
}

}  // namespace duet::media
