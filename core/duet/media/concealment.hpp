// SPDX-License-Identifier: MIT
// Sound in place of sound that never came.
#pragma once

#include <duet/media/sound.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace duet::media {

/// Goes on as sound was going: repeats its last period, fades, and leaves the noise there was in
/// the background, so that a line doesn't seem dead.
class Concealment {
 public:
  /// How much of what was heard it looks at, of one channel.
  static constexpr std::size_t kHistory = 1440;

  explicit Concealment(int channels);

  /// Learns the noise in the background: what stays when nobody speaks.
  void handle_heard(std::span<const Sample> block);

  /// @param heard  ends where sound is missing from; with less than kHistory there will be noise
  /// only
  void begin(std::span<const Sample> heard);

  /// Appends what comes next, `samples` of each channel.
  void generate(std::size_t samples, std::vector<Sample>& out);

  /// Whether nothing is left but the noise.
  bool has_faded() const { return made_ >= kFull + kFade; }

 private:
  static constexpr std::size_t kFull = 480;   // 10 ms as it was
  static constexpr std::size_t kFade = 2880;  // 60 ms to nothing

  double noise();

  int channels_;
  std::vector<Sample> period_;               // interleaved; its end leads to its beginning
  std::array<double, kMaxChannels> step_{};  // from the sound's end to the period's beginning
  std::size_t made_ = 0;                     // of one channel, since begin()
  double background_ = -1;                   // RMS; below 0 before anything was heard
  double smooth_ = 0;
  std::uint32_t random_ = 0x2545F491;
};

}  // namespace duet::media
