// SPDX-License-Identifier: MIT
// The calls of Video4Linux that are needed. For .cpp files of this folder alone.
#pragma once

#include <duet/device/camera_format.hpp>
#include <duet/device/handle.hpp>

#include <string>
#include <vector>

namespace duet::device {

/// ioctl() that begins anew where a signal ended it. -1 and errno as always.
int v4l2_call(const Handle& device, unsigned long request, void* argument);

/// Whether it gives pictures, and how it calls itself.
struct V4l2Identity {
  bool is_camera = false;
  std::string name;
};

V4l2Identity v4l2_identity(const Handle& device);

/// Of a range of sizes, those that people use.
std::vector<CameraFormat> v4l2_formats(const Handle& device);

}  // namespace duet::device
