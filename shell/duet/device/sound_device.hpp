// SPDX-License-Identifier: MIT
// Microphones and speakers (SDL: PulseAudio, PipeWire, ALSA).
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/audio_source.hpp>
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
/// @return a sentence for a person, if it can't be used
Result<std::unique_ptr<AudioSource>, std::string> open_microphone(std::string_view device,
                                                                  const AudioWish& wish);

/// A speaker that may go away.
class Speaker : public AudioSink {
 public:
  /// One sentence, once it has gone; what is played then is lost.
  virtual std::string error() const = 0;
};

Result<std::unique_ptr<Speaker>, std::string> open_speaker(std::string_view device);

}  // namespace duet::device
