// SPDX-License-Identifier: MIT
// A file's pictures at their times.
#include <duet/device/clock.hpp>
#include <duet/device/file_source.hpp>
#include <duet/device/media_file.hpp>
#include <duet/device/picture_converter.hpp>

#include <algorithm>
#include <utility>

namespace duet::device {
namespace {

/// What is later than this is left out, if the next one may be in time.
constexpr Duration kLate = 50ms;
/// Who is further behind (a laptop that slept) goes on at the right place instead.
constexpr Duration kFarBehind = 3s;
/// A machine that is too slow to decode shows one in so many all the same.
constexpr int kMostLeftOut = 15;

class FilePictures final : public VideoSource {
 public:
  FilePictures(MediaFile file, std::filesystem::path path, const VideoWish& wish)
      : file_{std::move(file)},
        path_{std::move(path)},
        period_{static_cast<Duration::rep>(1e6 / std::clamp(wish.fps, 1.0, 240.0))},
        length_{file_.length()},
        size_{converted_size({file_.parameters().width, file_.parameters().height},
                             file_.parameters().sample_aspect_ratio, file_.rotation(), wish.size)},
        converter_{wish.size, file_.rotation()},
        start_{wish.start} {}

  std::optional<VideoCapture> read() override {
    if (start_ == Instant{}) start_ = now();
    while (!error_ && !waiter_.is_interrupted()) {
      if (still_) return still();
      const AVFrame* frame = file_.next();
      if (frame == nullptr) {
        begin_again();
        continue;
      }
      ++frames_;
      const Duration time = file_.time();
      end_ = std::max(end_, time + period_);
      if (length_ && time >= *length_) continue;
      const Instant due = loop_start_ + time + start_.time_since_epoch();
      if (!is_wanted(due)) continue;
      auto picture = converter_.convert(*frame);
      if (!picture) continue;
      last_ = picture;
      if (!waiter_.wait_until(due)) return std::nullopt;
      return VideoCapture{std::move(picture), due};
    }
    return std::nullopt;
  }

  void interrupt() override { waiter_.interrupt(); }

  std::optional<Error> error() const override { return error_; }

  codec::Size size() const override { return size_; }

 private:
  /// Keeps the rate, and up with the time.
  bool is_wanted(Instant due) {
    if (due + period_ / 4 < next_due_) return false;
    const Duration behind = now() - due;
    // Once: a key frame may be a long way back, and from it on one decodes up to the right place.
    if (behind <= kLate) is_catching_up_ = false;
    if (behind > kFarBehind && length_ && !std::exchange(is_catching_up_, true) && catch_up())
      return false;
    if (behind > kLate && last_ && left_out_ < kMostLeftOut) {
      ++left_out_;
      return false;
    }
    left_out_ = 0;
    next_due_ = std::max(next_due_, due - period_ / 4) + period_;
    return true;
  }

  bool catch_up() {
    const Duration elapsed = now() - start_;
    if (!file_.seek(elapsed % *length_)) return false;
    loop_start_ = Instant{elapsed - elapsed % *length_};
    return true;
  }

  void begin_again() {
    if (frames_ == 0) {
      error_ = FileError{FileError::Kind::UnreadablePictures, path_};
      return;
    }
    if (frames_ == 1 && last_) {
      still_ = last_;
      return;
    }
    frames_ = 0;
    loop_start_ += length_.value_or(end_);
    if (!file_.seek(Duration{0})) error_ = FileError{FileError::Kind::NotRepeatable, path_};
  }

  std::optional<VideoCapture> still() {
    next_due_ = std::max(next_due_ + period_, now());
    if (!waiter_.wait_until(next_due_)) return std::nullopt;
    return VideoCapture{still_, next_due_};
  }

  MediaFile file_;
  std::filesystem::path path_;
  Duration period_;
  std::optional<Duration> length_;
  codec::Size size_;
  PictureConverter converter_;
  Waiter waiter_;
  Instant start_;
  Instant loop_start_{};  // of this round, from start_ on
  Duration end_{};        // of the last picture
  Instant next_due_{};
  int frames_ = 0;  // of this round
  int left_out_ = 0;
  bool is_catching_up_ = false;
  codec::PicturePtr last_;
  codec::PicturePtr still_;
  std::optional<FileError> error_;
};

}  // namespace

Result<std::unique_ptr<VideoSource>, FileError> open_file_pictures(
    const std::filesystem::path& path, const VideoWish& wish) {
  auto file = MediaFile::open(path, AVMEDIA_TYPE_VIDEO);
  if (!file) return fail(std::move(file.error()));
  const auto& parameters = file->parameters();
  if (parameters.width <= 0 || parameters.height <= 0 || parameters.width > codec::kMaxSide ||
      parameters.height > codec::kMaxSide)
    return fail(FileError{FileError::Kind::UnusableSize, path});
  return std::make_unique<FilePictures>(*std::move(file), path, wish);
}

}  // namespace duet::device
