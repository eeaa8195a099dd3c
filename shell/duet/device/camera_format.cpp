// SPDX-License-Identifier: MIT
// The choice among a camera's formats.
#include <duet/device/camera_format.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace duet::device {
namespace {

struct Readable {
  FourCc fourcc;
  double cost;  ///< small beside one of size or rate
};

// In the order of the work that they make.
constexpr std::array<Readable, 11> kReadable = {{{kH264, -0.01},
                                                 {FourCc::of("YU12"), 0.000},
                                                 {FourCc::of("NV12"), 0.001},
                                                 {FourCc::of("YV12"), 0.001},
                                                 {FourCc::of("YUYV"), 0.002},
                                                 {FourCc::of("UYVY"), 0.002},
                                                 {FourCc::of("GREY"), 0.003},
                                                 {FourCc::of("RGB3"), 0.004},
                                                 {FourCc::of("BGR3"), 0.004},
                                                 {kMjpeg, 0.005},
                                                 {kJpeg, 0.005}}};

const Readable* find(FourCc fourcc) {
  const auto found = std::find_if(kReadable.begin(), kReadable.end(),
                                  [&](const Readable& one) { return one.fourcc == fourcc; });
  return found == kReadable.end() ? nullptr : &*found;
}

/// In doublings: a picture that is too small is worse than one to be scaled down, and one that
/// stutters is worse still.
double distance(const CameraFormat& format, const VideoWish& wish) {
  constexpr double kSmaller = 2;
  constexpr double kSlower = 3;
  constexpr double kFaster = 0.02;
  const auto area = [](codec::Size size) { return double{1} * size.width * size.height; };
  const double larger = std::log2(area(format.size) / area(wish.size));
  const double faster = std::log2(std::max(format.fps, 0.1) / wish.fps);
  // A rate of 29.97 is one of 30.
  const double rate = faster < -0.01 ? -faster * kSlower : std::max(faster, 0.0) * kFaster;
  return (larger < 0 ? -larger * kSmaller : larger) + rate;
}

}  // namespace

std::string FourCc::to_string() const {
  std::string out;
  for (int i = 0; i < 4; ++i) {
    const char c = static_cast<char>(value >> (8 * i) & 0xFF);
    if (c > ' ' && c < 0x7F)
      out += c;
    else if (c != ' ')
      out += '?';
  }
  return out;
}

bool is_readable(FourCc fourcc) { return find(fourcc) != nullptr; }

std::optional<CameraFormat> choose(std::span<const CameraFormat> formats, const VideoWish& wish) {
  std::optional<CameraFormat> best;
  double least = 0;
  for (const CameraFormat& format : formats) {
    const Readable* readable = find(format.fourcc);
    if (readable == nullptr || format.size.width <= 0 || format.size.height <= 0) continue;
    if (format.fourcc == kH264 && (!wish.may_be_encoded || format.size != wish.size)) continue;
    const double cost = distance(format, wish) + readable->cost;
    if (best && cost >= least) continue;
    best = format;
    least = cost;
  }
  return best;
}

}  // namespace duet::device
