// SPDX-License-Identifier: MIT
// The parts of SDL that are in use. For .cpp files of this folder alone.
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/error.hpp>

#include <SDL.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duet::device {

/// A part of SDL for as long as this lives; several may use one. From any thread.
class SdlPart {
 public:
  /// @param part  SDL_INIT_AUDIO or SDL_INIT_VIDEO
  explicit SdlPart(std::uint32_t part);
  SdlPart(const SdlPart&) = delete;
  SdlPart& operator=(const SdlPart&) = delete;
  ~SdlPart();

  /// From a thread that is within SDL and will never come back: others need not wait for it.
  static void abandon();

  bool ok() const { return error_.empty(); }

  /// SDL's reason why not.
  const std::string& error() const { return error_; }

 private:
  std::uint32_t part_;
  std::string error_;
};

/// Needs an SdlPart of SDL_INIT_AUDIO.
std::vector<std::string> sound_devices(SoundWay way);

/// A device that is open.
struct SoundDevice {
  SDL_AudioDeviceID id = 0;
  SDL_AudioSpec spec{};
  std::string name;  ///< "USB Audio"; empty: the system's choice
};

/// 48 kHz, 16 bits, in periods of 10 ms, not yet running.
/// @param device    a name or a part of one; empty: the system's choice
/// @param callback  nullptr: by SDL_QueueAudio()
Result<SoundDevice, SoundError> open_sound(SoundWay way, std::string_view device, int channels,
                                           SDL_AudioCallback callback, void* user);

/// Whether it is still there.
bool is_plugged(const SoundDevice& device);

}  // namespace duet::device
