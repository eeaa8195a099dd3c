// SPDX-License-Identifier: MIT
// A driver behind this executable's own ioctl(), over memory that can be mapped.
#include <duet/device/clock.hpp>
#include <duet/device/v4l2_driver_for_test.hpp>

#include <gtest/gtest.h>

#include <linux/videodev2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <utility>

namespace duet::device {
namespace {

constexpr std::uint32_t kBuffers = 3;  // fewer than it is asked for, as drivers may

V4l2Driver* present = nullptr;

}  // namespace

V4l2Driver::V4l2Driver(V4l2Api api, CameraFormat format, std::uint32_t stride)
    : api_{api}, format_{format}, stride_{stride}, memory_{::memfd_create("camera", MFD_CLOEXEC)} {
  EXPECT_EQ(::ftruncate(memory_, kBuffers * kRoom), 0);
  present = this;
}

V4l2Driver::~V4l2Driver() {
  present = nullptr;
  ::close(memory_);
}

std::string V4l2Driver::path() const { return "/proc/self/fd/" + std::to_string(memory_); }

void V4l2Driver::add(std::vector<std::byte> image, std::uint32_t head) {
  pictures_.push_back({std::move(image), head});
}

bool V4l2Driver::is_file(int descriptor) const {
  struct stat ours {};

  struct stat theirs {};

  return ::fstat(memory_, &ours) == 0 && ::fstat(descriptor, &theirs) == 0 &&
         ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

int V4l2Driver::handle(unsigned long request, void* argument) {
  const bool is_multi = api_ == V4l2Api::MultiPlanar;
  const std::uint32_t type = capture_type(api_);
  switch (request) {
    case VIDIOC_QUERYCAP: {
      auto& capability = *static_cast<v4l2_capability*>(argument);
      std::strcpy(reinterpret_cast<char*>(capability.card), "fake");
      capability.capabilities =
          V4L2_CAP_STREAMING | (is_multi ? V4L2_CAP_VIDEO_CAPTURE_MPLANE : V4L2_CAP_VIDEO_CAPTURE);
      return 0;
    }
    case VIDIOC_ENUM_FMT: {
      auto& entry = *static_cast<v4l2_fmtdesc*>(argument);
      if (entry.type != type || entry.index > 0) return EINVAL;
      entry.pixelformat = format_.fourcc.value;
      return 0;
    }
    case VIDIOC_G_FMT:
      return handle_format(argument, false);
    case VIDIOC_S_FMT:
      return handle_format(argument, true);
    case VIDIOC_REQBUFS: {
      auto& wanted = *static_cast<v4l2_requestbuffers*>(argument);
      if (wanted.type != type || wanted.memory != V4L2_MEMORY_MMAP) return EINVAL;
      wanted.count = kBuffers;
      return 0;
    }
    case VIDIOC_QUERYBUF:
    case VIDIOC_QBUF: {
      auto& buffer = *static_cast<v4l2_buffer*>(argument);
      if (buffer.type != type || buffer.index >= kBuffers) return EINVAL;
      if (is_multi && (buffer.length != 1 || buffer.m.planes == nullptr)) return EINVAL;
      if (request == VIDIOC_QBUF) {
        free_.push_back(buffer.index);
      } else if (is_multi) {
        buffer.m.planes[0].length = kRoom;
        buffer.m.planes[0].m.mem_offset = static_cast<std::uint32_t>(buffer.index * kRoom);
      } else {
        buffer.length = kRoom;
        buffer.m.offset = static_cast<std::uint32_t>(buffer.index * kRoom);
      }
      return 0;
    }
    case VIDIOC_DQBUF:
      return handle_dequeue(argument);
    case VIDIOC_STREAMON:
      if (*static_cast<std::uint32_t*>(argument) != type) return EINVAL;
      is_streaming_ = true;
      return 0;
    default:
      return ENOTTY;
  }
}

int V4l2Driver::handle_format(void* argument, bool is_asked) {
  auto& format = *static_cast<v4l2_format*>(argument);
  if (format.type != capture_type(api_)) return EINVAL;
  const auto width = static_cast<std::uint32_t>(format_.size.width);
  const auto height = static_cast<std::uint32_t>(format_.size.height);
  if (api_ == V4l2Api::MultiPlanar) {
    auto& pixels = format.fmt.pix_mp;
    if (is_asked && pixels.pixelformat != format_.fourcc.value) return EINVAL;
    pixels = {};
    pixels.width = width;
    pixels.height = height;
    pixels.pixelformat = format_.fourcc.value;
    pixels.num_planes = planes_;
    pixels.plane_fmt[0].bytesperline = stride_;
    return 0;
  }
  auto& pixels = format.fmt.pix;
  if (is_asked && pixels.pixelformat != format_.fourcc.value) return EINVAL;
  pixels = {};
  pixels.width = width;
  pixels.height = height;
  pixels.pixelformat = format_.fourcc.value;
  pixels.bytesperline = stride_;
  return 0;
}

int V4l2Driver::handle_dequeue(void* argument) {
  auto& buffer = *static_cast<v4l2_buffer*>(argument);
  const bool is_multi = api_ == V4l2Api::MultiPlanar;
  if (buffer.type != capture_type(api_)) return EINVAL;
  if (is_multi && (buffer.length != 1 || buffer.m.planes == nullptr)) return EINVAL;
  if (!is_streaming_ || pictures_.empty() || free_.empty()) return EAGAIN;
  buffer.index = free_.front();
  free_.pop_front();
  const Picture picture = std::move(pictures_.front());
  pictures_.pop_front();
  const auto at = static_cast<off_t>(buffer.index * kRoom + picture.head);
  EXPECT_EQ(::pwrite(memory_, picture.bytes.data(), picture.bytes.size(), at),
            static_cast<ssize_t>(picture.bytes.size()));
  const auto used = static_cast<std::uint32_t>(picture.head + picture.bytes.size());
  if (is_multi) {
    buffer.m.planes[0].bytesused = used;
    buffer.m.planes[0].data_offset = picture.head;
  } else {
    buffer.bytesused = used;
  }
  const auto stamp = now().time_since_epoch().count();
  buffer.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  buffer.timestamp = {stamp / 1'000'000, stamp % 1'000'000};
  buffer.sequence = sequence_++;
  return 0;
}

}  // namespace duet::device

/// The system's, but for the camera that is there. All that is linked in here comes by this one.
extern "C" int ioctl(int descriptor, unsigned long request, ...) noexcept {
  va_list list;
  va_start(list, request);
  void* argument = va_arg(list, void*);
  va_end(list);
  auto* driver = duet::device::present;
  if (driver == nullptr || !driver->is_file(descriptor)) {
    return static_cast<int>(::syscall(SYS_ioctl, descriptor, request, argument));
  }
  const int error = driver->handle(request, argument);
  if (error == 0) return 0;
  errno = error;
  return -1;
}
