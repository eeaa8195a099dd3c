// SPDX-License-Identifier: MIT
// A microphone: SDL's thread fills blocks, the reader takes them.
#include <duet/device/clock.hpp>
#include <duet/device/sdl.hpp>
#include <duet/device/sound_device.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
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
  explicit Microphone(int channels)
      : channels_{channels}, block_(media::kBlockSamples * static_cast<std::size_t>(channels)) {}

  /// The first call.
  /// @return why it can't be heard
  std::optional<SoundError> open(std::string_view device) {
    if (!part_.ok()) return because(SoundError::Kind::NoSoundSystem, part_.error());
    auto opened = open_sound(SoundWay::Microphone, device, channels_, &Microphone::take, this);
    if (!opened) return std::move(opened.error());
    device_ = *std::move(opened);
    SDL_PauseAudioDevice(device_.id, 0);
    return std::nullopt;
  }

  ~Microphone() override {
    if (device_.id != 0) SDL_CloseAudioDevice(device_.id);
  }

  int channels() const override { return channels_; }

  bool read(AudioCapture& capture) override {
    std::unique_lock lock{mutex_};
    const Instant give_up = now() + kPatience;
    while (count_ == 0 && !is_interrupted_ && !error_) {
      changed_.wait_for(lock, 100ms);
      if (count_ > 0 || is_interrupted_) break;
      if (!is_plugged(device_))
        error_ = because(SoundError::Kind::Unplugged);
      else if (now() > give_up)
        error_ = because(SoundError::Kind::Silent);
    }
    if (is_interrupted_ || error_) return false;
    if (is_gone_) {
      error_ = because(SoundError::Kind::Unplugged);
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

  std::optional<Error> error() const override {
    const std::scoped_lock lock{mutex_};
    if (is_interrupted_) return std::nullopt;
    return error_;
  }

 private:
  using Block = AudioCapture;

  SoundError because(SoundError::Kind kind, std::string reason = {}) const {
    return {kind, SoundWay::Microphone, device_.name, std::move(reason)};
  }

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
  std::optional<SoundError> error_;
  SoundDevice device_;
};

}  // namespace

std::vector<std::string> microphones() {
  const SdlPart part{SDL_INIT_AUDIO};
  return part.ok() ? sound_devices(SoundWay::Microphone) : std::vector<std::string>{};
}

Result<std::unique_ptr<AudioSource>, SoundError> open_microphone(std::string_view device,
                                                                 const AudioWish& wish) {
  auto microphone = std::make_unique<Microphone>(std::clamp(wish.channels, 1, media::kMaxChannels));
  if (auto why = microphone->open(device)) return fail(*std::move(why));
  return microphone;
}

}  // namespace duet::device
