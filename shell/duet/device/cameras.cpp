// SPDX-License-Identifier: MIT
// Which cameras there are, and which one is meant.
#include <duet/device/camera.hpp>
#include <duet/device/camera_feed.hpp>
#include <duet/device/v4l2.hpp>

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

namespace duet::device {
namespace {

constexpr std::string_view kPrefix = "/dev/video";

std::optional<int> number_of(std::string_view path) {
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  int number = 0;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
  if (error != std::errc{} || end != path.data() + path.size()) return std::nullopt;
  return number;
}

/// "0", "video0" and "/dev/video0" are one.
std::string path_of(std::string_view device) {
  if (device.starts_with('/')) return std::string{device};
  for (const std::string& path :
       {"/dev/" + std::string{device}, std::string{kPrefix} + std::string{device}})
    if (number_of(path)) return path;
  return {};
}

}  // namespace

std::vector<CameraInfo> cameras() {
  std::vector<std::pair<int, std::string>> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator it{"/dev", error}, end; !error && it != end;
       it.increment(error)) {
    const std::string path = it->path().string();
    if (const auto number = number_of(path)) paths.emplace_back(*number, path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<CameraInfo> out;
  for (const auto& [number, path] : paths) {
    const Handle device{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (device.get() < 0) continue;
    auto identity = v4l2_identity(device);
    if (!identity.api) continue;
    if (auto formats = v4l2_formats(device, *identity.api); !formats.empty())
      out.push_back({path, std::move(identity.name), std::move(formats)});
  }
  return out;
}

Result<std::unique_ptr<VideoSource>, CameraError> open_camera(std::string_view device,
                                                              const VideoWish& wish) {
  std::string path = path_of(device);
  if (path.empty()) {
    const auto all = cameras();
    const auto found = std::find_if(all.begin(), all.end(), [&](const CameraInfo& camera) {
      return camera.name.find(device) != std::string::npos;
    });
    if (found == all.end())
      return fail(CameraError{CameraError::Kind::Missing, std::string{device}});
    path = found->path;
  }
  auto feed = open_v4l2(path, wish);
  if (!feed) return fail(std::move(feed.error()));
  return make_camera(*std::move(feed), wish);
}

}  // namespace duet::device
