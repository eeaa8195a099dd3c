// SPDX-License-Identifier: MIT
// Takes out of the microphone's sound what the speaker put in, and noise, and makes it loud enough.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/device/error.hpp>
#include <duet/media/sound.hpp>

#include <array>
#include <memory>
#include <span>

namespace webrtc {
class AudioProcessing;
}

namespace duet::device {

struct VoiceSettings {
  bool cancel_echo = true;
  bool suppress_noise = true;
  bool adapt_gain = true;  ///< towards 3 dB below full scale, never beyond it
};

/// One microphone and one speaker. handle_played() and clean() may each be called from a thread of
/// its own.
class EchoCanceller {
 public:
  static Result<std::unique_ptr<EchoCanceller>, VoiceError> make(const VoiceSettings& settings);
  ~EchoCanceller();
  EchoCanceller(const EchoCanceller&) = delete;
  EchoCanceller& operator=(const EchoCanceller&) = delete;

  /// What the speaker is going to play, before clean() sees its echo.
  /// @param block  10 ms, `channels` interleaved
  void handle_played(std::span<const media::Sample> block, int channels);

  /// Cleans what was captured, in place. The first 3 s of echo are still heard in part.
  /// @param block  10 ms, `channels` interleaved
  /// @param delay  from handle_played() to the call with its echo, roughly: what the two devices'
  ///               buffers hold. What is wrong with it is found out, up to about 100 ms
  void clean(std::span<media::Sample> block, int channels, Duration delay);

 private:
  /// 10 ms of each channel, as the library wants them.
  class Planes;

  explicit EchoCanceller(std::unique_ptr<webrtc::AudioProcessing> processing, bool cancels_echo);

  std::unique_ptr<webrtc::AudioProcessing> processing_;
  bool cancels_echo_;
  std::unique_ptr<Planes> played_;    // of the thread that plays
  std::unique_ptr<Planes> captured_;  // of the thread that captures
};

}  // namespace duet::device
