// SPDX-License-Identifier: MIT
// Cameras (V4L2).
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/camera_format.hpp>
#include <duet/device/error.hpp>
#include <duet/device/video_source.hpp>
#include <duet/device/wish.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duet::device {

struct CameraInfo {
  std::string path;  ///< "/dev/video0"
  std::string name;  ///< as it calls itself
  /// All that is_readable(). The rate is the highest at that size.
  std::vector<CameraFormat> formats;
};

/// In the order of their numbers. Those that this user may not open are left out.
std::vector<CameraInfo> cameras();

/// @param device  a path, "video0", "0" or a part of its name; empty: the first one
Result<std::unique_ptr<VideoSource>, CameraError> open_camera(std::string_view device,
                                                              const VideoWish& wish);

/// Pictures that another program encodes and writes to this one's standard input, passed on as they
/// are: an H.264 byte stream (ITU-T H.264 annex B). Waits for its first key frame, 10 s at most.
Result<std::unique_ptr<VideoSource>, StandardInputError> open_standard_input();

}  // namespace duet::device
