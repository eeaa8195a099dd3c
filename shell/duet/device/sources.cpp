// SPDX-License-Identifier: MIT
// Which kind of source is opened how.
#include <duet/device/file_source.hpp>
#include <duet/device/pattern.hpp>
#include <duet/device/sound_device.hpp>
#include <duet/device/sources.hpp>
#include <duet/device/tone_source.hpp>

#include <algorithm>

namespace duet::device {

Result<std::unique_ptr<VideoSource>, Error> open_video_source(const VideoSpec& spec,
                                                              const VideoWish& wish) {
  switch (spec.kind) {
    case VideoSpec::Kind::Camera:
      return open_camera(spec.argument, wish);
    case VideoSpec::Kind::Screen:
      return open_screen(spec.argument, wish);
    case VideoSpec::Kind::File:
      return open_file_pictures(spec.argument, wish);
    case VideoSpec::Kind::StandardInput:
      return open_standard_input();
    case VideoSpec::Kind::Pattern:
      return std::make_unique<Pattern>(wish.size, std::clamp(wish.fps, 1.0, 240.0));
    case VideoSpec::Kind::None:
      break;
  }
  return nullptr;
}

Result<std::unique_ptr<AudioSource>, Error> open_audio_source(const AudioSpec& spec,
                                                              const AudioWish& wish) {
  switch (spec.kind) {
    case AudioSpec::Kind::Microphone:
      return open_microphone(spec.argument, wish);
    case AudioSpec::Kind::File:
      return open_file_sound(spec.argument, wish);
    case AudioSpec::Kind::Tone:
      return std::make_unique<ToneSource>(wish);
    case AudioSpec::Kind::None:
      break;
  }
  return nullptr;
}

DeviceList list_devices() { return {cameras(), microphones(), speakers(), screens()}; }

}  // namespace duet::device
