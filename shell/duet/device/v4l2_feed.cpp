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

/// A buffer as the driver is told of it, or tells, in either API.
class Buffer {
 public:
  explicit Buffer(V4l2Api api, std::uint32_t index = 0) : api_{api} {
    buffer_.type = capture_type(api);
    buffer_.memory = V4L2_MEMORY_MMAP;
    buffer_.index = index;
    if (is_multi()) buffer_.length = 1;  // planes
  }

  /// @return false and errno as ioctl()
  bool call(const Handle& device, unsigned long request) {
    if (is_multi()) buffer_.m.planes = &plane_;  // of this very copy
    return v4l2_call(device, request, &buffer_) == 0;
  }

  std::uint32_t index() const { return buffer_.index; }

  std::uint32_t sequence() const { return buffer_.sequence; }

  bool is_broken() const { return (buffer_.flags & V4L2_BUF_FLAG_ERROR) != 0; }

  // Where it is in the device's memory, and how large.
  std::uint32_t offset() const { return is_multi() ? plane_.m.mem_offset : buffer_.m.offset; }

  std::uint32_t length() const { return is_multi() ? plane_.length : buffer_.length; }

  /// The image in the buffer's memory. What it begins with may be the driver's.
  std::span<const std::byte> image(std::span<const std::byte> memory) const {
    const std::size_t used = is_multi() ? plane_.bytesused : buffer_.bytesused;
    const std::size_t head = is_multi() ? plane_.data_offset : 0;
    const auto whole = memory.first(std::min(used, memory.size()));
    return whole.subspan(std::min(head, whole.size()));
  }

  Instant captured() const {
    const bool is_monotonic =
        (buffer_.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    const Instant stamped{
        Duration{std::int64_t{buffer_.timestamp.tv_sec} * 1'000'000 + buffer_.timestamp.tv_usec}};
    // Drivers that stamp nonsense are corrected.
    const Instant time = now();
    return is_monotonic && stamped <= time && time - stamped < 1s ? stamped : time;
  }

 private:
  bool is_multi() const { return api_ == V4l2Api::MultiPlanar; }

  V4l2Api api_;
  v4l2_buffer buffer_{};
  v4l2_plane plane_{};
};

/// What a driver has set, of what it was asked for.
struct SetFormat {
  std::uint32_t fourcc = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t stride = 0;
  std::uint32_t planes = 1;  // pieces of memory
};

std::optional<SetFormat> set_format(const Handle& device, V4l2Api api, const CameraFormat& wanted) {
  const auto width = static_cast<std::uint32_t>(wanted.size.width);
  const auto height = static_cast<std::uint32_t>(wanted.size.height);
  v4l2_format format{};
  format.type = capture_type(api);
  if (api == V4l2Api::MultiPlanar) {
    auto& pixels = format.fmt.pix_mp;
    pixels.width = width;
    pixels.height = height;
    pixels.pixelformat = wanted.fourcc.value;
    pixels.field = V4L2_FIELD_ANY;
    pixels.num_planes = 1;
    if (v4l2_call(device, VIDIOC_S_FMT, &format) != 0) return std::nullopt;
    return SetFormat{pixels.pixelformat, pixels.width, pixels.height,
                     pixels.plane_fmt[0].bytesperline, pixels.num_planes};
  }
  auto& pixels = format.fmt.pix;
  pixels.width = width;
  pixels.height = height;
  pixels.pixelformat = wanted.fourcc.value;
  pixels.field = V4L2_FIELD_ANY;
  if (v4l2_call(device, VIDIOC_S_FMT, &format) != 0) return std::nullopt;
  return SetFormat{pixels.pixelformat, pixels.width, pixels.height, pixels.bytesperline};
}

class V4l2Feed final : public CameraFeed {
 public:
  V4l2Feed(Handle device, V4l2Api api, std::string path)
      : device_{std::move(device)},
        api_{api},
        path_{std::move(path)},
        wake_{::eventfd(0, EFD_CLOEXEC)} {}

  /// @return why that failed
  std::optional<CameraError> start(const CameraFormat& chosen) {
    const auto set = set_format(device_, api_, chosen);
    if (!set) return failed();
    if (set->width == 0 || set->height == 0 || set->width > codec::kMaxSide ||
        set->height > codec::kMaxSide)
      return because(Kind::UnusableSize);
    // A driver may take another form than the one it was asked for.
    const FourCc fourcc{set->fourcc};
    if (!is_readable(fourcc) || (fourcc == kH264 && chosen.fourcc != kH264) || set->planes != 1)
      return because(Kind::UnreadableFormat);
    format_ = {fourcc,
               {static_cast<int>(set->width), static_cast<int>(set->height)},
               static_cast<int>(set->stride)};
    v4l2_streamparm rate{};
    rate.type = capture_type(api_);
    rate.parm.capture.timeperframe = {
        1000, static_cast<std::uint32_t>(std::lround(std::clamp(chosen.fps, 1.0, 1000.0) * 1000))};
    v4l2_call(device_, VIDIOC_S_PARM, &rate);  // some have one rate, and know no such call
    return start_buffers();
  }

  RawFormat format() const override { return format_; }

  std::optional<Image> next() override {
    while (!is_interrupted_ && !error_) {
      if (held_) give_back(*std::exchange(held_, std::nullopt));
      if (!wait()) break;
      Buffer buffer{api_};
      if (!take(buffer)) continue;
      // Of several that wait the last is the fresh one; encoded ones need each other.
      Buffer newer{api_};
      while (format_.fourcc != kH264 && has_picture(0) && take(newer)) {
        const bool is_better = !newer.is_broken() || buffer.is_broken();
        give_back(is_better ? buffer.index() : newer.index());
        if (is_better) buffer = newer;
        newer = Buffer{api_};
      }
      held_ = buffer.index();
      if (buffer.is_broken()) continue;
      return Image{buffer.image(mappings_[buffer.index()].bytes()), buffer.captured(),
                   buffer.sequence()};
    }
    return std::nullopt;
  }

  void interrupt() override {
    is_interrupted_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  std::optional<Error> error() const override { return error_; }

  void request_key_frame() override {
    v4l2_control control{};
    control.id = V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME;
    v4l2_call(device_, VIDIOC_S_CTRL, &control);  // not every encoder can
  }

 private:
  using Kind = CameraError::Kind;

  std::optional<CameraError> start_buffers() {
    v4l2_requestbuffers request{};
    request.count = kBuffers;
    request.type = capture_type(api_);
    request.memory = V4L2_MEMORY_MMAP;
    if (v4l2_call(device_, VIDIOC_REQBUFS, &request) != 0 || request.count == 0) return failed();
    for (std::uint32_t i = 0; i < request.count; ++i) {
      Buffer buffer{api_, i};
      if (!buffer.call(device_, VIDIOC_QUERYBUF)) return failed();
      mappings_.emplace_back(::mmap(nullptr, buffer.length(), PROT_READ | PROT_WRITE, MAP_SHARED,
                                    device_.get(), buffer.offset()),
                             buffer.length());
      if (!mappings_.back().ok() || !buffer.call(device_, VIDIOC_QBUF)) return failed();
    }
    std::uint32_t type = capture_type(api_);
    if (v4l2_call(device_, VIDIOC_STREAMON, &type) != 0) return failed();
    return std::nullopt;
  }

  CameraError because(Kind kind) const { return {kind, path_}; }

  /// By errno.
  CameraError failed() const {
    switch (errno) {
      case EBUSY:
        return because(Kind::InUse);
      case ENODEV:
        return because(Kind::Unplugged);
      default:
        return {Kind::Failed, path_, last_error()};
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
      error_ = because(Kind::Silent);
    else if ((fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
      error_ = because(Kind::Unplugged);
    return !error_;
  }

  bool take(Buffer& buffer) {
    if (buffer.call(device_, VIDIOC_DQBUF)) {
      failures_ = 0;
      return buffer.index() < mappings_.size();
    }
    if (errno == EAGAIN) return false;
    // EIO may pass, as where a signal is lost; a driver that says nothing else has stopped.
    if (errno != EIO || ++failures_ == kMostFailures) error_ = failed();
    return false;
  }

  void give_back(std::uint32_t index) {
    if (!Buffer{api_, index}.call(device_, VIDIOC_QBUF) && !error_) error_ = failed();
  }

  Handle device_;
  V4l2Api api_;
  std::string path_;
  Handle wake_;
  RawFormat format_;
  std::vector<Mapping> mappings_;
  std::optional<std::uint32_t> held_;  // the reader's
  int failures_ = 0;
  std::atomic<bool> is_interrupted_ = false;
  std::optional<CameraError> error_;
};

}  // namespace

Result<std::unique_ptr<CameraFeed>, CameraError> open_v4l2(const std::string& path,
                                                           const VideoWish& wish) {
  using Kind = CameraError::Kind;
  Handle device{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (device.get() < 0) {
    if (errno == EACCES) return fail(CameraError{Kind::Forbidden, path});
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
      return fail(CameraError{Kind::Missing, path});
    return fail(CameraError{Kind::NotOpened, path, last_error()});
  }
  const auto api = v4l2_identity(device).api;
  if (!api) return fail(CameraError{Kind::NotACamera, path});
  const auto format = choose(v4l2_formats(device, *api), wish);
  if (!format) return fail(CameraError{Kind::UnreadableFormat, path});
  auto feed = std::make_unique<V4l2Feed>(std::move(device), *api, path);
  if (auto why = feed->start(*format)) return fail(*std::move(why));
  return feed;
}

}  // namespace duet::device
