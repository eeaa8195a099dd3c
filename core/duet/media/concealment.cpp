// SPDX-License-Identifier: MIT
// Periods repeated, and noise.
#include <duet/base/check.hpp>
#include <duet/media/concealment.hpp>
#include <duet/media/time_stretch.hpp>

#include <algorithm>
#include <cmath>

namespace duet::media {
namespace {

constexpr std::size_t kWindow = 480;
constexpr std::size_t kStepFade = 120;    // over these the step at the beginning goes away
constexpr double kLoudestNoise = 100;     // RMS: 50 dB below the loudest sine
constexpr double kRise = 1.01;            // of the background's level, for each block of 10 ms
constexpr double kNoiseSmoothing = 0.25;  // of the noise: less treble than white noise has
constexpr double kSmoothed = 0.378;       // what that leaves of its RMS: sqrt(s / (2 - s))
constexpr double kUniform = 0.577;        // RMS of even noise from -1 to 1

double rms(std::span<const Sample> sound) {
  double sum = 0;
  for (const Sample sample : sound) sum += 1.0 * sample * sample;
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(sound.size(), 1)));
}

}  // namespace

Concealment::Concealment(int channels) : channels_{channels} {
  period_.reserve(kLongestLag * static_cast<std::size_t>(channels));
}

void Concealment::handle_heard(std::span<const Sample> block) {
  const double level = std::min(rms(block), kLoudestNoise);
  const bool is_first = background_ < 0;
  background_ = is_first ? level : std::min(std::max(background_, 1.0) * kRise, level);
}

void Concealment::begin(std::span<const Sample> heard) {
  const auto width = static_cast<std::size_t>(channels_);
  period_.clear();
  made_ = 0;
  step_ = {};
  if (heard.size() < kHistory * width) return;

  // Backwards, "later" is earlier: the last 10 ms against those before.
  std::array<Sample, (kWindow + kLongestLag) * kMaxChannels> backwards;
  const std::size_t looked_at = (kWindow + kLongestLag) * width;
  std::reverse_copy(heard.end() - static_cast<std::ptrdiff_t>(looked_at), heard.end(),
                    backwards.begin());
  const Lag lag =
      find_lag(std::span{backwards}.first(looked_at), channels_, 0, kLongestLag, kWindow);
  DUET_CHECK(lag.samples > 0);

  const std::size_t size = lag.samples * width;
  const auto last = heard.last(size);
  period_.assign(last.begin(), last.end());
  // The period's last quarter turns into what came before its first sample.
  const std::size_t turn = lag.samples / 4 * width;
  const auto earlier = heard.subspan(heard.size() - size - turn, turn);
  std::array<Sample, kLongestLag / 4 * kMaxChannels> target;
  std::ranges::copy(earlier, target.begin());
  crossfade(std::span{period_}.last(turn), std::span{target}.first(turn), channels_);
  std::copy_n(target.begin(), turn, period_.end() - static_cast<std::ptrdiff_t>(turn));
  for (std::size_t c = 0; c < width; ++c) {
    step_[c] = heard[heard.size() - width + c] - heard[heard.size() - size - width + c];
  }
}

double Concealment::noise() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  const double even = static_cast<double>(random_) / 2147483648.0 - 1.0;
  smooth_ += kNoiseSmoothing * (even - smooth_);
  return smooth_ * std::max(background_, 0.0) / (kUniform * kSmoothed);
}

void Concealment::generate(std::size_t samples, std::vector<Sample>& out) {
  const auto width = static_cast<std::size_t>(channels_);
  for (std::size_t i = 0; i < samples; ++i, ++made_) {
    double gain = 0;
    if (!period_.empty() && !has_faded()) {
      gain = made_ < kFull ? 1.0 : 1.0 - static_cast<double>(made_ - kFull) / kFade;
    }
    const double background = (1 - gain) * noise();
    const double step = made_ < kStepFade ? 1.0 - static_cast<double>(made_ + 1) / kStepFade : 0.0;
    for (std::size_t c = 0; c < width; ++c) {
      double value = background;
      if (gain > 0) {
        value += gain * (period_[(made_ * width + c) % period_.size()] + step * step_[c]);
      }
      out.push_back(static_cast<Sample>(std::lround(std::clamp(value, -32'768.0, 32'767.0))));
    }
  }
}

}  // namespace duet::media
