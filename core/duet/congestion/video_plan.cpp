// SPDX-License-Identifier: MIT
// A ladder of sizes and frame rates.
#include <duet/congestion/video_plan.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace duet::congestion {
namespace {

/// 720p30 by VP8 or H.264, of a head that talks.
constexpr double kHdBps = 1'250'000;
constexpr double kHdPixels = 1280.0 * 720;
/// Neighbouring pixels, and frames, are alike the more there are of them.
constexpr double kByPixels = 0.8;
constexpr double kByFrames = 0.7;
/// A screen stands still most of the time.
constexpr double kDetail = 0.6;
/// The smallest picture may be so much softer before it stutters. More frames are shorter ones,
/// too, and shorter ones are there sooner.
constexpr double kSoft = 0.7;
/// Below so much of what the present picture needs, another one is chosen.
constexpr double kTolerance = 0.85;

constexpr int kFewestLines = 180;
constexpr double kFewestFrames = 7;

/// How many times fewer pixels a line has; each one is a third to a half fewer pixels.
constexpr std::array kScales{1.0, 4.0 / 3, 2.0, 8.0 / 3, 4.0, 6.0, 8.0};

double efficiency(media::Codec codec) {
  switch (codec) {
    case media::Codec::Vp9:
      return 0.75;
    case media::Codec::Av1:
      return 0.65;
    default:
      return 1;
  }
}

int even(double value) { return std::max(2, static_cast<int>(value / 2) * 2); }

struct Ladder {
  std::array<VideoPlan, 24> steps;  // the best first
  std::size_t size = 0;
  std::size_t smallest = steps.size();  // from this step on there are only fewer frames

  void add(const VideoSource& source, double scale, double slower) {
    const double lines = std::min(source.height, source.width) / scale;
    const double fps = source.fps / slower;
    const bool is_first = size == 0;
    if (!is_first && scale > 1 && lines < kFewestLines) return;
    if (!is_first && slower > 1 && fps < kFewestFrames) return;
    const VideoPlan step{even(source.width / scale), even(source.height / scale), fps};
    if (size < steps.size() && (is_first || step != steps[size - 1])) steps[size++] = step;
  }
};

Ladder ladder_of(const VideoSource& source) {
  Ladder ladder;
  if (source.content == VideoSource::Content::Detail) {
    for (const double slower : {1.0, 2.0, 3.0, 4.0}) ladder.add(source, 1, slower);
    const double slowest = std::clamp(std::floor(source.fps / kFewestFrames), 1.0, 4.0);
    for (const double scale : kScales) ladder.add(source, scale, slowest);
    return ladder;
  }
  double smallest = 1;
  for (const double scale : kScales) {
    if (std::min(source.height, source.width) / scale >= kFewestLines) smallest = scale;
  }
  // Twice as many frames as film has are worth less than sharpness.
  const double usual = source.fps > 40 ? 2 : 1;
  ladder.add(source, 1, 1);
  for (const double scale : kScales) ladder.add(source, scale, usual);
  ladder.smallest = ladder.size - 1;
  for (const double slower : {2.0, 3.0, 4.0}) ladder.add(source, smallest, usual * slower);
  return ladder;
}

}  // namespace

double rate_needed_bps(int width, int height, double fps, media::Codec codec,
                       VideoSource::Content content) {
  const double pixels = static_cast<double>(width) * height;
  return kHdBps * std::pow(pixels / kHdPixels, kByPixels) * std::pow(fps / 30, kByFrames) *
         efficiency(codec) * (content == VideoSource::Content::Detail ? kDetail : 1);
}

VideoPlan plan_video(double media_bps, const VideoSource& source, media::Codec codec,
                     const std::optional<VideoPlan>& previous) {
  const Ladder ladder = ladder_of(source);
  for (std::size_t i = 0; i + 1 < ladder.size; ++i) {
    const VideoPlan& step = ladder.steps[i];
    const double needed =
        rate_needed_bps(step.width, step.height, step.fps, codec, source.content) *
        (i >= ladder.smallest ? kSoft : 1);
    if (media_bps >= needed * (step == previous ? kTolerance : 1)) return step;
  }
  return ladder.steps[ladder.size - 1];
}

}  // namespace duet::congestion
