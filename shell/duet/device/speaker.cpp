// SPDX-License-Identifier: MIT
// A speaker, fed through SDL's queue.
#include <duet/device/sdl.hpp>
#include <duet/device/sound_device.hpp>

#include <span>
#include <utility>

namespace duet::device {
namespace {

constexpr int kChannels = 2;
constexpr std::size_t kFrameBytes = kChannels * sizeof(media::Sample);

class SdlSpeaker final : public Speaker {
 public:
  /// @return why it can't be played on
  std::optional<SoundError> open(std::string_view device) {
    if (!part_.ok()) return because(SoundError::Kind::NoSoundSystem, part_.error());
    auto opened = open_sound(SoundWay::Speaker, device, kChannels, nullptr, nullptr);
    if (!opened) return std::move(opened.error());
    device_ = *std::move(opened);
    SDL_PauseAudioDevice(device_.id, 0);
    return std::nullopt;
  }

  ~SdlSpeaker() override {
    if (device_.id != 0) SDL_CloseAudioDevice(device_.id);
  }

  void play(std::span<const media::Sample> block) override {
    if (waiting() + media::kBlock > kLongestQueue) return;
    SDL_QueueAudio(device_.id, block.data(), static_cast<Uint32>(block.size_bytes()));
  }

  Duration queued() const override { return waiting() + of(device_.spec.samples); }

  std::optional<SoundError> error() const override {
    if (is_plugged(device_)) return std::nullopt;
    return because(SoundError::Kind::Unplugged);
  }

 private:
  SoundError because(SoundError::Kind kind, std::string reason = {}) const {
    return {kind, SoundWay::Speaker, device_.name, std::move(reason)};
  }

  static Duration of(std::size_t frames) {
    return Duration{static_cast<Duration::rep>(frames * 1'000'000 / media::kSampleRate)};
  }

  Duration waiting() const { return of(SDL_GetQueuedAudioSize(device_.id) / kFrameBytes); }

  SdlPart part_{SDL_INIT_AUDIO};
  SoundDevice device_;
};

}  // namespace

std::vector<std::string> speakers() {
  const SdlPart part{SDL_INIT_AUDIO};
  return part.ok() ? sound_devices(SoundWay::Speaker) : std::vector<std::string>{};
}

Result<std::unique_ptr<Speaker>, SoundError> open_speaker(std::string_view device) {
  auto speaker = std::make_unique<SdlSpeaker>();
  if (auto why = speaker->open(device)) return fail(*std::move(why));
  return speaker;
}

}  // namespace duet::device
