// SPDX-License-Identifier: MIT
// A V4L2 camera that runs: buffers shared with the driver, in memory that both see.
#include <duet/device/camera_feed.hpp>
#include <duet/device/clock.hpp>
#include <duet/device/v4l2.hpp>

#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace duet::device {
namespace {

constexpr std::uint32_t kBuffers = 4;
/// A camera that gives nothing for so long gives nothing at all.
constexpr int kPatienceMs = 5000;
constexpr int kMostFailures = 100;  // one after another

/// Memory of the driver's.
class Mapping {
 public:
  Mapping(void* begin, std::size_t size) : begin_{begin}, size_{size} {}

  Mapping(Mapping&& other) noexcept
      : begin_{std::exchange(other.begin_, MAP_FAILED)}, size_{other.size_} {}

  Mapping& operator=(Mapping&&) = delete;

  ~Mapping() {
    if (begin_ != MAP_FAILED) ::munmap(begin_, size_);
  }

  bool ok() const { return begin_ != MAP_FAILED; }

  std::span<const std::byte> bytes() const { return {static_cast<std::byte*>(begin_), size_}; }

 private:
  void* begin_;
  std::size_t size_;
};

v4l2_buffer buffer_of(std::uint32_t index) {
  v4l2_buffer buffer{};
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.index = index;
  return buffer;
}

class V4l2Feed final : public CameraFeed {
 public:
  V4l2Feed(Handle device, std::string name)
      : device_{std::move(device)}, name_{std::move(name)}, wake_{::eventfd(0, EFD_CLOEXEC)} {}

  /// @return a sentence if that failed
  std::optional<std::string> start(const CameraFormat& chosen) {
    v4l2_format format{};
    format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    format.fmt.pix.width = static_cast<std::uint32_t>(chosen.size.width);
    format.fmt.pix.height = static_cast<std::uint32_t>(chosen.size.height);
    format.fmt.pix.pixelformat = chosen.fourcc.value;
    format.fmt.pix.field = V4L2_FIELD_ANY;
    if (v4l2_call(device_, VIDIOC_S_FMT, &format) != 0) return failed();
    const auto& set = format.fmt.pix;
    if (set.width == 0 || set.height == 0 || set.width > codec::kMaxSide ||
        set.height > codec::kMaxSide)
      return name_ + " has pictures of a size that can't be used.";
    // A driver may take another form than the one it was asked for.
    const FourCc fourcc{set.pixelformat};
    if (!is_readable(fourcc) || (fourcc == kH264 && chosen.fourcc != kH264))
      return name_ + " gives pictures of no kind that can be read.";
    format_ = {fourcc,
               {static_cast<int>(set.width), static_cast<int>(set.height)},
               static_cast<int>(set.bytesperline)};
    v4l2_streamparm rate{};
    rate.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    rate.parm.capture.timeperframe = {
        1000, static_cast<std::uint32_t>(std::lround(std::clamp(chosen.fps, 1.0, 1000.0) * 1000))};
    v4l2_call(device_, VIDIOC_S_PARM, &rate);  // some have one rate, and know no such call

    v4l2_requestbuffers request{};
    request.count = kBuffers;
    request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    request.memory = V4L2_MEMORY_MMAP;
    if (v4l2_call(device_, VIDIOC_REQBUFS, &request) != 0 || request.count == 0) return failed();
    for (std::uint32_t i = 0; i < request.count; ++i) {
      v4l2_buffer buffer = buffer_of(i);
      if (v4l2_call(device_, VIDIOC_QUERYBUF, &buffer) != 0) return failed();
      mappings_.emplace_back(::mmap(nullptr, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED,
                                    device_.get(), buffer.m.offset),
                             buffer.length);
      if (!mappings_.back().ok() || v4l2_call(device_, VIDIOC_QBUF, &buffer) != 0) return failed();
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (v4l2_call(device_, VIDIOC_STREAMON, &type) != 0) return failed();
    return std::nullopt;
  }

  RawFormat format() const override { return format_; }

  std::optional<Image> next() override {
    while (!is_interrupted_ && error_.empty()) {
      if (held_) give_back(*std::exchange(held_, std::nullopt));
      if (!wait()) break;
      v4l2_buffer buffer = buffer_of(0);
      if (!take(buffer)) continue;
      // Of several that wait the last is the fresh one; encoded ones need each other.
      v4l2_buffer newer = buffer_of(0);
      while (format_.fourcc != kH264 && has_picture(0) && take(newer)) {
        const bool is_better = !is_broken(newer) || is_broken(buffer);
        give_back(is_better ? buffer.index : newer.index);
        if (is_better) buffer = newer;
        newer = buffer_of(0);
      }
      held_ = buffer.index;
      if (is_broken(buffer)) continue;
      const auto whole = mappings_[buffer.index].bytes();
      return Image{whole.first(std::min<std::size_t>(buffer.bytesused, whole.size())),
                   time_of(buffer), buffer.sequence};
    }
    return std::nullopt;
  }

  void interrupt() override {
    is_interrupted_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  std::string error() const override { return error_; }

  void request_key_frame() override {
    v4l2_control control{};
    control.id = V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME;
    v4l2_call(device_, VIDIOC_S_CTRL, &control);  // not every encoder can
  }

 private:
  std::string failed() const {
    switch (errno) {
      case EBUSY:
        return name_ + " is in use by another program.";
      case ENODEV:
        return name_ + " was unplugged.";
      default:
        return name_ + " can't be used: " + std::strerror(errno) + ".";
    }
  }

  bool has_picture(int patience_ms) {
    pollfd fds[2] = {{device_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    return ::poll(fds, 2, patience_ms) > 0 && fds[0].revents == POLLIN;
  }

  /// Until there is a picture. False if there will be none.
  bool wait() {
    pollfd fds[2] = {{device_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    int ready = 0;
    do {
      ready = ::poll(fds, 2, kPatienceMs);
    } while (ready < 0 && errno == EINTR);
    if (is_interrupted_) return false;
    if (ready <= 0)
      error_ = name_ + " gives no pictures.";
    else if ((fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
      error_ = name_ + " was unplugged.";
    return error_.empty();
  }

  static bool is_broken(const v4l2_buffer& buffer) {
    return (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0;
  }

  bool take(v4l2_buffer& buffer) {
    if (v4l2_call(device_, VIDIOC_DQBUF, &buffer) == 0) {
      failures_ = 0;
      return buffer.index < mappings_.size();
    }
    if (errno == EAGAIN) return false;
    // EIO may pass, as where a signal is lost; a driver that says nothing else has stopped.
    if (errno != EIO || ++failures_ == kMostFailures) error_ = failed();
    return false;
  }

  void give_back(std::uint32_t index) {
    v4l2_buffer buffer = buffer_of(index);
    if (v4l2_call(device_, VIDIOC_QBUF, &buffer) != 0 && error_.empty()) error_ = failed();
  }

  static Instant time_of(const v4l2_buffer& buffer) {
    const bool is_monotonic =
        (buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    const Instant stamped{
        Duration{std::int64_t{buffer.timestamp.tv_sec} * 1'000'000 + buffer.timestamp.tv_usec}};
    // Drivers that stamp nonsense are corrected.
    const Instant time = now();
    return is_monotonic && stamped <= time && time - stamped < 1s ? stamped : time;
  }

  Handle device_;
  std::string name_;
  Handle wake_;
  RawFormat format_;
  std::vector<Mapping> mappings_;
  std::optional<std::uint32_t> held_;  // the reader's
  int failures_ = 0;
  std::atomic<bool> is_interrupted_ = false;
  std::string error_;
};

}  // namespace

Result<std::unique_ptr<CameraFeed>, std::string> open_v4l2(const std::string& path,
                                                           const std::string& name,
                                                           const VideoWish& wish) {
  Handle device{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (device.get() < 0) {
    if (errno == EACCES)
      return fail(name + " may not be used by this user; the group video may use it.");
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
      return fail("There is no camera " + path + ".");
    return fail(name + " can't be opened: " + std::strerror(errno) + ".");
  }
  if (!v4l2_identity(device).is_camera) return fail(path + " is no camera.");
  const auto format = choose(v4l2_formats(device), wish);
  if (!format) return fail(name + " gives pictures of no kind that can be read.");
  auto feed = std::make_unique<V4l2Feed>(std::move(device), name);
  if (auto why = feed->start(*format)) return fail(*std::move(why));
  return feed;
}

}  // namespace duet::device
