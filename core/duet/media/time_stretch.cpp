// SPDX-License-Identifier: MIT
// Finding the lag at which sound is most like itself, and overlapping it there (WSOLA).
#include <duet/base/check.hpp>
#include <duet/media/time_stretch.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace duet::media {
namespace {

constexpr std::size_t kStep = 4;  // the first look is at 12 kHz
constexpr std::size_t kMaxWindow = 480;
constexpr double kInaudible = 20;  // RMS: 64 dB below the loudest sine

struct Match {
  std::size_t lag = 0;
  double similarity = -1;
};

/// The best of the lags in [first, last], in samples of `sound`.
Match best_of(std::span<const float> sound, std::size_t window, std::size_t first,
              std::size_t last) {
  double own = 0;
  for (std::size_t i = 0; i < window; ++i) own += double{sound[i]} * double{sound[i]};
  Match best{.lag = first};
  for (std::size_t lag = first; lag <= last; ++lag) {
    float product = 0;
    float other = 0;
    for (std::size_t i = 0; i < window; ++i) {
      product += sound[i] * sound[lag + i];
      other += sound[lag + i] * sound[lag + i];
    }
    const double scale = std::sqrt(own * double{other});
    const double similarity = scale > 0 ? double{product} / scale : 0;
    if (similarity > best.similarity) best = {.lag = lag, .similarity = similarity};
  }
  return best;
}

}  // namespace

Lag find_lag(std::span<const Sample> sound, int channels, std::size_t at, std::size_t longest,
             std::size_t window) {
  const auto width = static_cast<std::size_t>(channels);
  const std::size_t size = sound.size() / width;
  DUET_CHECK(window <= kMaxWindow);
  if (at + window + kShortestLag > size) return {};
  longest = std::min({longest, kLongestLag, size - at - window});
  if (longest < kShortestLag) return {};

  std::array<float, kMaxWindow + kLongestLag> mono;
  const std::size_t count = window + longest;
  double power = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Sample* sample = &sound[(at + i) * width];
    mono[i] = static_cast<float>(sample[0] + sample[width - 1]) / 2;
    power += double{mono[i]} * double{mono[i]};
  }
  if (power < kInaudible * kInaudible * static_cast<double>(count)) return {longest, 1};

  std::array<float, (kMaxWindow + kLongestLag) / kStep> coarse;
  for (std::size_t i = 0; i < count / kStep; ++i) {
    const float* sample = &mono[i * kStep];
    coarse[i] = sample[0] + sample[1] + sample[2] + sample[3];
  }
  const std::size_t last = count / kStep - window / kStep;
  const Match near =
      best_of(std::span{coarse}.first(count / kStep), window / kStep, kShortestLag / kStep, last);
  const Match exact = best_of(std::span{mono}.first(count), window,
                              std::max(near.lag * kStep, kShortestLag + kStep) - kStep,
                              std::min(near.lag * kStep + kStep, longest));
  return {.samples = exact.lag, .similarity = exact.similarity};
}

void crossfade(std::span<const Sample> from, std::span<Sample> to, int channels) {
  const auto width = static_cast<std::size_t>(channels);
  const std::size_t count = to.size() / width;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto weight = static_cast<float>(i / width + 1) / static_cast<float>(count + 1);
    const auto was = static_cast<float>(from[i]);
    to[i] = static_cast<Sample>(std::lround(was + weight * (static_cast<float>(to[i]) - was)));
  }
}

void accelerate(std::vector<Sample>& sound, std::size_t begin, int channels, std::size_t lag) {
  const auto width = static_cast<std::size_t>(channels);
  DUET_CHECK(sound.size() - begin >= (lag + kCrossfade) * width);
  const auto kept = std::span{sound}.subspan(begin);
  // `lag` may be shorter than the crossfade: then what is read has been written, in part. So a
  // copy.
  std::array<Sample, kCrossfade * kMaxChannels> from;
  std::copy_n(kept.begin(), kCrossfade * width, from.begin());
  crossfade(std::span{from}.first(kCrossfade * width),
            kept.subspan(lag * width, kCrossfade * width), channels);
  const auto first = sound.begin() + static_cast<std::ptrdiff_t>(begin);
  sound.erase(first, first + static_cast<std::ptrdiff_t>(lag * width));
}

void expand(std::vector<Sample>& sound, std::size_t begin, int channels, std::size_t lag) {
  const auto width = static_cast<std::size_t>(channels);
  DUET_CHECK(sound.size() - begin >= (lag + kCrossfade) * width);
  std::array<Sample, kCrossfade * kMaxChannels> from;
  std::copy_n(sound.begin() + static_cast<std::ptrdiff_t>(begin + lag * width), kCrossfade * width,
              from.begin());
  const std::size_t size = sound.size();
  sound.resize(size + lag * width);
  // The first `lag` samples come twice; the second time, what came after them turns into them.
  const auto first = sound.begin() + static_cast<std::ptrdiff_t>(begin);
  std::copy_backward(first, sound.begin() + static_cast<std::ptrdiff_t>(size), sound.end());
  crossfade(std::span{from}.first(kCrossfade * width),
            std::span{sound}.subspan(begin + lag * width, kCrossfade * width), channels);
}

}  // namespace duet::media
