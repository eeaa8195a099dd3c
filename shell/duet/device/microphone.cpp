// SPDX-License-Identifier: MIT
// A microphone: SDL's thread fills blocks, the reader takes them.
#include <duet/device/clock.hpp>
#include <duet/device/sdl.hpp>
#include <duet/device/sound_device.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

namespace duet::device {
namespace {

/// Sound that nobody read for so long is old; the oldest goes first.
constexpr std::size_t kMostBlocks = 20;
/// A microphone that is silent even of silence.
constexpr Duration kPatience = 3s;

/// When blocks were recorded, although the sound system brings them in heaps.
class Times {
 public:
  /// @param end  when the block's last sample was there at the latest
  Instant next(Instant end) {
    constexpr Duration kJump = 200ms;
    constexpr int kSlowness = 32;
    const Instant begin = end - media::kBlock;
    const Duration error = begin - next_;
    if (error > kJump || error < -kJump) {
      next_ = begin;
    } else {
      next_ += error / (error < Duration{0} ? 1 : kSlowness);  // never in the future
    }
    return std::exchange(next_, next_ + media::kBlock);
  }

 private:
  Instant next_{};
};

class Microphone final : public AudioSource {
 public:
  Microphone(std::string_view device, int channels)
      : channels_{channels}, block_(media::kBlockSamples * static_cast<std::size_t>(channels)) {
    if (!part_.ok()) {
      error_ = "There is no sound on this machine (" + part_.error() + ").";
      return;
    }
    device_ = open_sound(SoundWay::Microphone, device, channels, &Microphone::take, this);
    error_ = device_.error;
    if (device_.id != 0) SDL_PauseAudioDevice(device_.id, 0);
  }

  ~Microphone() override {
    if (device_.id != 0) SDL_CloseAudioDevice(device_.id);
  }

  int channels() const override { return channels_; }

  bool read(AudioCapture& capture) override {
    std::unique_lock lock{mutex_};
    const Instant give_up = now() + kPatience;
    while (count_ == 0 && !is_interrupted_ && error_.empty()) {
      changed_.wait_for(lock, 100ms);
      if (count_ > 0 || is_interrupted_) break;
      if (!is_plugged(device_))
        error_ = device_.name + " was unplugged.";
      else if (now() > give_up)
        error_ = device_.name + " gives no sound.";
    }
    if (is_interrupted_ || !error_.empty()) return false;
    if (is_gone_) {
      error_ = device_.name + " was unplugged.";
      return false;
    }
    const Block& block = blocks_[first_];
    std::copy_n(block.samples.begin(), block_.size(), capture.samples.begin());
    capture.captured = block.captured;
    first_ = (first_ + 1) % kMostBlocks;
    --count_;
    return true;
  }

  void interrupt() override {
    const std::scoped_lock lock{mutex_};
    is_interrupted_ = true;
    changed_.notify_all();
  }

  std::string error() const override {
    const std::scoped_lock lock{mutex_};
    return is_interrupted_ ? "" : error_;
  }

  /// Of the constructor.
  const std::string& opening_error() const { return error_; }

 private:
  using Block = AudioCapture;

  static void take(void* user, Uint8* bytes, int size) {
    static_cast<Microphone*>(user)->take(
        std::span{reinterpret_cast<const media::Sample*>(bytes),
                  static_cast<std::size_t>(size) / sizeof(media::Sample)});
  }

  void take(std::span<const media::Sample> samples) {
    Instant end = now();
    const auto rate = std::int64_t{media::kSampleRate} * channels_;
    end -= Duration{static_cast<std::int64_t>(samples.size()) * 1'000'000 / rate};
    const std::scoped_lock lock{mutex_};
    // SDL goes on with silence after the device has gone.
    is_gone_ = device_.id != 0 && !is_plugged(device_);
    while (!samples.empty()) {
      const auto part = samples.first(std::min(samples.size(), block_.size() - filled_));
      std::copy(part.begin(), part.end(), block_.begin() + static_cast<std::ptrdiff_t>(filled_));
      filled_ += part.size();
      samples = samples.subspan(part.size());
      end += Duration{static_cast<std::int64_t>(part.size()) * 1'000'000 / rate};
      if (filled_ < block_.size()) break;
      filled_ = 0;
      keep(times_.next(end));
    }
    changed_.notify_all();
  }

  void keep(Instant captured) {
    if (count_ == kMostBlocks) {
      first_ = (first_ + 1) % kMostBlocks;
      --count_;
    }
    Block& block = blocks_[(first_ + count_++) % kMostBlocks];
    std::copy(block_.begin(), block_.end(), block.samples.begin());
    block.captured = captured;
  }

  SdlPart part_{SDL_INIT_AUDIO};
  int channels_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<media::Sample> block_;
  std::size_t filled_ = 0;
  std::array<Block, kMostBlocks> blocks_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  Times times_;
  bool is_gone_ = false;
  bool is_interrupted_ = false;
  std::string error_;
  SoundDevice device_;
};

}  // namespace

std::vector<std::string> microphones() {
  const SdlPart part{SDL_INIT_AUDIO};
  return part.ok() ? sound_devices(SoundWay::Microphone) : std::vector<std::string>{};
}

Result<std::unique_ptr<AudioSource>, std::string> open_microphone(std::string_view device,
                                                                  const AudioWish& wish) {
  auto microphone =
      std::make_unique<Microphone>(device, std::clamp(wish.channels, 1, media::kMaxChannels));
  if (!microphone->opening_error().empty()) return fail(microphone->opening_error());
  return microphone;
}

}  // namespace duet::device
