// SPDX-License-Identifier: MIT
// Pictures that another program encodes and writes into a pipe, as a camera that encodes.
#include <duet/device/access_units.hpp>
#include <duet/device/camera_feed.hpp>
#include <duet/device/clock.hpp>
#include <duet/device/handle.hpp>
#include <duet/device/stream_head.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

namespace duet::device {
namespace {

constexpr Duration kPatience = 10s;  // from opening to a key frame
/// A picture ends where the next one begins, an interval later. A pipe takes a small one whole, so
/// that silence is its end, too; a large one is written in parts, as fast as they are read.
constexpr std::size_t kPipe = 65536;
constexpr Duration kQuiet = 10ms;
constexpr Duration kQuietOfLarge = 50ms;

class ByteStream final : public CameraFeed {
 public:
  explicit ByteStream(Handle from) : from_{std::move(from)}, wake_{::eventfd(0, EFD_CLOEXEC)} {}

  /// Waits for the first key frame, which says how large the pictures are.
  /// @return why there is none
  std::optional<StandardInputError> start() {
    const Instant end = now() + kPatience;
    while (auto unit = next_unit(end)) {
      const media::EncodedFrame frame{media::Codec::H264, {}, true, unit->bytes};
      const auto head = head_of(frame);
      if (!head) continue;
      format_ = {kH264, head->size, 0};
      first_ = std::move(unit);
      return std::nullopt;
    }
    return read_at_ == Instant{} ? StandardInputError::Nothing : StandardInputError::NotH264;
  }

  RawFormat format() const override { return format_; }

  std::optional<Image> next() override {
    auto unit = first_ ? std::exchange(first_, std::nullopt) : next_unit(std::nullopt);
    if (!unit) return std::nullopt;
    sequence_ += unit->follows ? 1 : 2;
    given_ = std::move(unit->bytes);
    return Image{given_, captured_, sequence_};
  }

  void interrupt() override {
    is_interrupted_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  std::optional<Error> error() const override { return error_; }

  void request_key_frame() override {}  // nothing goes up a pipe

 private:
  std::optional<AccessUnits::Unit> next_unit(std::optional<Instant> end) {
    while (!is_interrupted_ && !error_ && (!end || now() < *end)) {
      if (auto unit = units_.next()) return taken(std::move(unit));
      if (units_.begun() != 0 && !begun_) begun_ = read_at_;
      switch (wait(end)) {
        case Waited::Ready:
          read();
          break;
        case Waited::Quiet:
          return taken(units_.take_rest());
        case Waited::Over:
          return std::nullopt;
      }
    }
    return std::nullopt;
  }

  /// A picture was captured when its first bytes came, or as good as.
  std::optional<AccessUnits::Unit> taken(std::optional<AccessUnits::Unit> unit) {
    captured_ = std::exchange(begun_, std::nullopt).value_or(read_at_);
    return unit;
  }

  enum class Waited : std::uint8_t { Ready, Quiet, Over };

  Waited wait(std::optional<Instant> end) {
    const std::size_t begun = units_.begun();
    std::optional<Instant> until = end;
    if (begun != 0) until = read_at_ + (begun < kPipe ? kQuiet : kQuietOfLarge);
    pollfd fds[2] = {{from_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    int milliseconds = -1;
    if (until) {
      const Duration left = std::max(*until - now(), Duration{});
      milliseconds = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
    }
    const int ready = ::poll(fds, 2, milliseconds);
    if (ready > 0 || (ready < 0 && errno == EINTR)) return Waited::Ready;
    return begun != 0 ? Waited::Quiet : Waited::Over;
  }

  void read() {
    if (is_interrupted_) return;
    const ssize_t got = ::read(from_.get(), block_.data(), block_.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
      error_ = StandardInputError::Ended;
      return;
    }
    read_at_ = now();
    units_.push(std::span{block_}.first(static_cast<std::size_t>(got)));
  }

  Handle from_;
  Handle wake_;
  RawFormat format_;
  AccessUnits units_;
  std::array<std::byte, kPipe> block_{};
  std::optional<AccessUnits::Unit> first_;
  std::vector<std::byte> given_;
  std::optional<Instant> begun_;  // when the picture that comes in did
  Instant captured_;
  Instant read_at_;  // Instant{}: never
  std::uint32_t sequence_ = 0;
  std::atomic<bool> is_interrupted_ = false;
  std::optional<StandardInputError> error_;
};

}  // namespace

Result<std::unique_ptr<CameraFeed>, StandardInputError> open_byte_stream(int descriptor) {
  Handle from{::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)};
  const int flags = ::fcntl(from.get(), F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) return fail(StandardInputError::Closed);
  if (::isatty(from.get()) == 1) return fail(StandardInputError::Terminal);
  auto feed = std::make_unique<ByteStream>(std::move(from));
  if (const auto why = feed->start()) return fail(*why);
  return feed;
}

}  // namespace duet::device
