// SPDX-License-Identifier: MIT
// For tests: a V4L2 driver in this process, which the calls of the system are led to.
#pragma once

#include <duet/device/camera_format.hpp>
#include <duet/device/v4l2.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace duet::device {

/// One camera, for as long as it lives; one at a time. It gives one format, in one piece of memory
/// for each picture, and knows one of the two APIs: calls of the other one are refused, as drivers
/// do it.
class V4l2Driver {
 public:
  V4l2Driver(V4l2Api api, CameraFormat format, std::uint32_t stride);
  ~V4l2Driver();
  V4l2Driver(const V4l2Driver&) = delete;
  V4l2Driver& operator=(const V4l2Driver&) = delete;

  /// For open(), instead of /dev/video0.
  std::string path() const;

  /// The next picture. @param head  bytes before it that are not of it (V4L2's data_offset)
  void add(std::vector<std::byte> image, std::uint32_t head = 0);

  /// Pieces of memory for each picture.
  void set_planes(std::uint8_t count) { planes_ = count; }

  bool is_streaming() const { return is_streaming_; }

  bool is_file(int descriptor) const;

  /// @return 0, or an errno
  int handle(unsigned long request, void* argument);

 private:
  static constexpr std::size_t kRoom = 1 << 20;  // for each picture

  struct Picture {
    std::vector<std::byte> bytes;
    std::uint32_t head = 0;
  };

  int handle_format(void* argument, bool is_asked);
  int handle_dequeue(void* argument);

  V4l2Api api_;
  CameraFormat format_;
  std::uint32_t stride_;
  std::uint8_t planes_ = 1;
  int memory_;
  std::deque<std::uint32_t> free_;
  std::deque<Picture> pictures_;
  std::uint32_t sequence_ = 0;
  bool is_streaming_ = false;
};

}  // namespace duet::device
