// SPDX-License-Identifier: MIT
// The calls of Video4Linux that are needed. For .cpp files of this folder alone.
#pragma once

#include <duet/device/camera_format.hpp>
#include <duet/device/handle.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::device {

/// ioctl() that begins anew where a signal ended it. -1 and errno as always.
int v4l2_call(const Handle& device, unsigned long request, void* argument);

/// The kernel has one API for pictures in one piece of memory and another one for pictures in
/// several. A driver knows one of them, and those of boards the second one also for one piece.
enum class V4l2Api : std::uint8_t { SinglePlanar, MultiPlanar };

/// Its v4l2_buf_type for pictures that come in.
std::uint32_t capture_type(V4l2Api api);

/// Whether it gives pictures, and how it calls itself.
struct V4l2Identity {
  std::optional<V4l2Api> api = {};  ///< nothing: it is no camera
  std::string name = {};
};

V4l2Identity v4l2_identity(const Handle& device);

/// Of a range of sizes, those that people use.
std::vector<CameraFormat> v4l2_formats(const Handle& device, V4l2Api api);

}  // namespace duet::device
