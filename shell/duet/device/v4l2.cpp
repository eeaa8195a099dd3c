// SPDX-License-Identifier: MIT
// What a V4L2 device says of itself (kernel.org, userspace-api/media/v4l).
#include <duet/device/v4l2.hpp>

#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace duet::device {
namespace {

/// Drivers list less; a loop over one that doesn't end is cut.
constexpr std::uint32_t kMostEntries = 128;
constexpr std::array<codec::Size, 6> kUsualSizes = {
    {{320, 240}, {640, 360}, {640, 480}, {1280, 720}, {1920, 1080}, {3840, 2160}}};

double rate(const v4l2_fract& interval) {
  return interval.numerator == 0 ? 0
                                 : static_cast<double>(interval.denominator) / interval.numerator;
}

/// The highest rate at that size; 30 where the driver doesn't tell.
double best_rate(const Handle& device, FourCc fourcc, codec::Size size) {
  constexpr double kUsual = 30;
  double best = 0;
  for (std::uint32_t i = 0; i < kMostEntries; ++i) {
    v4l2_frmivalenum entry{};
    entry.index = i;
    entry.pixel_format = fourcc.value;
    entry.width = static_cast<std::uint32_t>(size.width);
    entry.height = static_cast<std::uint32_t>(size.height);
    if (v4l2_call(device, VIDIOC_ENUM_FRAMEINTERVALS, &entry) != 0) break;
    if (entry.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
      best = rate(entry.stepwise.min);
      break;
    }
    best = std::max(best, rate(entry.discrete));
  }
  return best > 0 ? best : kUsual;
}

/// What the driver is set to; nothing if it doesn't tell.
codec::Size present_size(const Handle& device, V4l2Api api) {
  v4l2_format now{};
  now.type = capture_type(api);
  if (v4l2_call(device, VIDIOC_G_FMT, &now) != 0) return {};
  // Both forms begin with width and height, but are two forms.
  const bool is_multi = api == V4l2Api::MultiPlanar;
  const std::uint32_t width = is_multi ? now.fmt.pix_mp.width : now.fmt.pix.width;
  const std::uint32_t height = is_multi ? now.fmt.pix_mp.height : now.fmt.pix.height;
  return {static_cast<int>(std::min<std::uint32_t>(width, INT16_MAX)),
          static_cast<int>(std::min<std::uint32_t>(height, INT16_MAX))};
}

void add_sizes(const Handle& device, V4l2Api api, FourCc fourcc, std::vector<CameraFormat>& out) {
  const auto add = [&](codec::Size size) {
    if (size.width > 0 && size.height > 0 && size.width <= codec::kMaxSide &&
        size.height <= codec::kMaxSide)
      out.push_back({fourcc, size, best_rate(device, fourcc, size)});
  };
  for (std::uint32_t i = 0; i < kMostEntries; ++i) {
    v4l2_frmsizeenum entry{};
    entry.index = i;
    entry.pixel_format = fourcc.value;
    if (v4l2_call(device, VIDIOC_ENUM_FRAMESIZES, &entry) != 0) {
      // Not every driver can tell; what it is set to it can give.
      if (i == 0 && errno == ENOTTY) add(present_size(device, api));
      return;
    }
    if (entry.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
      add({static_cast<int>(entry.discrete.width), static_cast<int>(entry.discrete.height)});
      continue;
    }
    const auto& range = entry.stepwise;
    for (const codec::Size size : kUsualSizes) {
      const auto width = static_cast<std::uint32_t>(size.width);
      const auto height = static_cast<std::uint32_t>(size.height);
      if (width >= range.min_width && width <= range.max_width && height >= range.min_height &&
          height <= range.max_height)
        add(size);
    }
    return;
  }
}

}  // namespace

int v4l2_call(const Handle& device, unsigned long request, void* argument) {
  int result = 0;
  do {
    result = ::ioctl(device.get(), request, argument);
  } while (result == -1 && errno == EINTR);
  return result;
}

std::uint32_t capture_type(V4l2Api api) {
  return api == V4l2Api::MultiPlanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
                                     : V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

V4l2Identity v4l2_identity(const Handle& device) {
  v4l2_capability capability{};
  if (v4l2_call(device, VIDIOC_QUERYCAP, &capability) != 0) return {};
  const std::uint32_t abilities = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0
                                      ? capability.device_caps
                                      : capability.capabilities;
  const auto* name = reinterpret_cast<const char*>(capability.card);
  V4l2Identity identity{.name = {name, ::strnlen(name, sizeof capability.card)}};
  if ((abilities & V4L2_CAP_STREAMING) == 0) return identity;
  if ((abilities & V4L2_CAP_VIDEO_CAPTURE) != 0) {
    identity.api = V4l2Api::SinglePlanar;
  } else if ((abilities & V4L2_CAP_VIDEO_CAPTURE_MPLANE) != 0) {
    identity.api = V4l2Api::MultiPlanar;
  }
  return identity;
}

std::vector<CameraFormat> v4l2_formats(const Handle& device, V4l2Api api) {
  std::vector<CameraFormat> out;
  for (std::uint32_t i = 0; i < kMostEntries; ++i) {
    v4l2_fmtdesc entry{};
    entry.index = i;
    entry.type = capture_type(api);
    if (v4l2_call(device, VIDIOC_ENUM_FMT, &entry) != 0) break;
    const FourCc fourcc{entry.pixelformat};
    if (is_readable(fourcc)) add_sizes(device, api, fourcc, out);
  }
  return out;
}

}  // namespace duet::device
