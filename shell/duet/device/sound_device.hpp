// SPDX-License-Identifier: MIT
// Microphones and speakers (SDL: PulseAudio, PipeWire, ALSA).
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/audio_source.hpp>
#include <duet/device/error.hpp>
#include <duet/device/sinks.hpp>
#include <duet/device/wish.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duet::device {

/// Their names, as the sound system gives them; none where it can't list them.
std::vector<std::string> microphones();
std::vector<std::string> speakers();

/// @param device  a name or a part of one; empty: the system's choice
Result<std::unique_ptr<AudioSource>, SoundError> open_microphone(std::string_view device,
                                                                 const AudioWish& wish);

/// A speaker that may go away.
class Speaker : public AudioSink {
 public:
  /// Once it has gone; what is played then is lost.
  virtual std::optional<SoundError> error() const = 0;
};

Result<std::unique_ptr<Speaker>, SoundError> open_speaker(std::string_view device);

}  // namespace duet::device
