// SPDX-License-Identifier: MIT
// A tone, and what tone is heard: how a machine knows that sound went through a call.
#pragma once

#include <duet/media/sound.hpp>

#include <optional>
#include <span>

namespace duet::media {

/// A sine without end.
class ToneGenerator {
 public:
  /// @param frequency_hz  below half of kSampleRate
  /// @param level         its peak, 0 to 1
  explicit ToneGenerator(double frequency_hz, double level = 0.25)
      : step_{frequency_hz / kSampleRate}, peak_{level * 32'767} {}

  /// Goes on where it was.
  /// @param samples  interleaved; the same in each channel
  void generate(std::span<Sample> samples, int channels);

 private:
  double step_;  // turns a sample
  double peak_;
  double turn_ = 0;  // 0 to 1
};

/// The strongest tone in some sound.
struct Tone {
  double frequency_hz = 0;
  double level = 0;   ///< its peak, 0 to 1
  double purity = 0;  ///< its part of the whole power, 0 to 1; about 1 for a sine alone
};

/// @param samples   one channel of `channels` interleaved ones is looked at. 50 ms at least, to 1
/// s;
///                  with 100 ms the frequency of a lone sine is right within 0.1 Hz
/// @return nothing for silence or for less sound
std::optional<Tone> measure_tone(std::span<const Sample> samples, int channels, int channel = 0);

}  // namespace duet::media
