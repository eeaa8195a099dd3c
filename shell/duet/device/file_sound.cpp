// SPDX-License-Identifier: MIT
// A file's sound, cut into blocks at their times.
#include <duet/base/check.hpp>
#include <duet/device/clock.hpp>
#include <duet/device/file_source.hpp>
#include <duet/device/media_file.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace duet::device {
namespace {

/// Times of frames are rounded, and need not fit to the sample.
constexpr std::int64_t kTolerance = media::kSampleRate / 50;
/// In files that don't say how long they are, times may be nonsense.
constexpr std::int64_t kLongestGap = std::int64_t{10} * media::kSampleRate;
/// Who is further behind (a laptop that slept) goes on at the right place instead.
constexpr Duration kFarBehind = 3s;
/// Longer frames are nobody's (samples of one channel).
constexpr int kMostSamples = 1 << 20;

std::int64_t samples_in(Duration time) {
  return av_rescale(time.count(), media::kSampleRate, 1'000'000);
}

class FileSound final : public AudioSource {
 public:
  FileSound(MediaFile file, std::filesystem::path path, const AudioWish& wish)
      : file_{std::move(file)},
        path_{std::move(path)},
        channels_{std::clamp(wish.channels, 1, media::kMaxChannels)},
        length_{file_.length()},
        start_{wish.start} {}

  int channels() const override { return channels_; }

  bool read(AudioCapture& capture) override {
    if (start_ == Instant{}) start_ = now();
    const std::size_t wanted = media::kBlockSamples * static_cast<std::size_t>(channels_);
    catch_up();
    while (ready_.size() - taken_ < wanted) {
      if (error_ || waiter_.is_interrupted()) return false;
      produce();
    }
    std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(taken_), wanted,
                capture.samples.begin());
    taken_ += wanted;
    if (taken_ > ready_.size() / 2) {
      ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(taken_));
      taken_ = 0;
    }
    capture.captured = start_ + blocks_++ * media::kBlock;
    return waiter_.wait_until(capture.captured + media::kBlock);
  }

  void interrupt() override { waiter_.interrupt(); }

  std::optional<Error> error() const override { return error_; }

 private:
  std::int64_t round_begin() const {
    return length_ ? samples_in(rounds_ * *length_) : round_begin_;
  }

  /// One step: silence that is due, or the next frame, or the next round.
  void produce() {
    if (silence_ > 0) {
      const auto count = std::min<std::int64_t>(silence_, media::kBlockSamples);
      ready_.resize(ready_.size() + static_cast<std::size_t>(count * channels_));
      silence_ -= count;
      made_ += count;
      return;
    }
    if (held_ != nullptr) return convert(*std::exchange(held_, nullptr));
    held_ = file_.next();
    if (held_ == nullptr) return begin_again();
    ++frames_;
    const std::int64_t place = round_begin() + samples_in(file_.time());
    const std::int64_t gap = place - made_;
    surplus_ = 0;
    if (gap > kTolerance) silence_ = std::min(gap, length_ ? round_end() - made_ : kLongestGap);
    if (gap < -kTolerance) surplus_ = -gap;
  }

  std::int64_t round_end() const { return samples_in((rounds_ + 1) * *length_); }

  void begin_again() {
    if (frames_ == 0) {
      error_ = FileError{FileError::Kind::UnreadableSound, path_};
      return;
    }
    frames_ = 0;
    if (length_) silence_ = std::max<std::int64_t>(round_end() - made_, 0);
    ++rounds_;
    round_begin_ = made_;
    if (!file_.seek(Duration{0})) error_ = FileError{FileError::Kind::NotRepeatable, path_};
  }

  void convert(const AVFrame& frame) {
    if (!adapt_to(frame) || frame.nb_samples > kMostSamples) return;
    const int most = swr_get_out_samples(resampler_.get(), frame.nb_samples);
    if (most <= 0 || most > 8 * kMostSamples) return;
    const std::size_t before = ready_.size();
    const auto channels = static_cast<std::size_t>(channels_);
    ready_.resize(before + static_cast<std::size_t>(most) * channels);
    auto* out = reinterpret_cast<std::uint8_t*>(ready_.data() + before);
    const int got =
        swr_convert(resampler_.get(), &out, most,
                    const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples);
    std::int64_t count = std::max(got, 0);
    const std::int64_t cut = std::min(surplus_, count);
    if (length_) count = std::min(count, std::max<std::int64_t>(round_end() - made_ + cut, cut));
    ready_.resize(before + static_cast<std::size_t>(count) * channels);
    if (cut > 0) {
      const auto from = ready_.begin() + static_cast<std::ptrdiff_t>(before);
      ready_.erase(from, from + cut * channels_);
    }
    surplus_ = 0;
    made_ += count - cut;
  }

  /// Streams may change their form.
  bool adapt_to(const AVFrame& frame) {
    const AVChannelLayout& layout = frame.ch_layout;
    if (resampler_ && rate_ == frame.sample_rate && format_ == frame.format &&
        inputs_ == layout.nb_channels)
      return true;
    AVChannelLayout wanted{};
    av_channel_layout_default(&wanted, channels_);
    AVChannelLayout given{};
    if (layout.order == AV_CHANNEL_ORDER_UNSPEC)
      av_channel_layout_default(&given, layout.nb_channels);
    else if (av_channel_layout_copy(&given, &layout) < 0)
      return false;
    SwrContext* made = nullptr;
    const bool done = swr_alloc_set_opts2(&made, &wanted, AV_SAMPLE_FMT_S16, media::kSampleRate,
                                          &given, static_cast<AVSampleFormat>(frame.format),
                                          frame.sample_rate, 0, nullptr) >= 0 &&
                      swr_init(made) >= 0;
    av_channel_layout_uninit(&given);
    resampler_.reset(made);
    if (!done) {
      resampler_.reset();
      return false;
    }
    rate_ = frame.sample_rate;
    format_ = frame.format;
    inputs_ = layout.nb_channels;
    return true;
  }

  void catch_up() {
    const Instant due = start_ + (blocks_ + 1) * media::kBlock;
    const Instant time = now();
    if (time - due < kFarBehind || !length_) return;
    const Duration elapsed = time - start_;
    if (!file_.seek(elapsed % *length_)) return;
    blocks_ = elapsed / media::kBlock;
    rounds_ = elapsed / *length_;
    made_ = blocks_ * static_cast<std::int64_t>(media::kBlockSamples);
    ready_.clear();
    taken_ = 0;
    silence_ = 0;
    held_ = nullptr;
  }

  MediaFile file_;
  std::filesystem::path path_;
  int channels_;
  std::optional<Duration> length_;
  Waiter waiter_;
  Instant start_;

  ResamplerPtr resampler_;
  int rate_ = 0;
  int format_ = -1;
  int inputs_ = 0;

  std::vector<media::Sample> ready_;
  std::size_t taken_ = 0;          // of ready_
  const AVFrame* held_ = nullptr;  // the file's, waits until silence_ is made
  std::int64_t silence_ = 0;       // samples of one channel, as all below
  std::int64_t surplus_ = 0;       // to be cut off held_
  std::int64_t made_ = 0;          // since start_
  std::int64_t round_begin_ = 0;   // where the file doesn't say its length
  std::int64_t rounds_ = 0;
  std::int64_t blocks_ = 0;
  int frames_ = 0;  // of this round
  std::optional<FileError> error_;
};

}  // namespace

Result<std::unique_ptr<AudioSource>, FileError> open_file_sound(const std::filesystem::path& path,
                                                                const AudioWish& wish) {
  auto file = MediaFile::open(path, AVMEDIA_TYPE_AUDIO);
  if (!file) return fail(std::move(file.error()));
  return std::make_unique<FileSound>(*std::move(file), path, wish);
}

}  // namespace duet::device
