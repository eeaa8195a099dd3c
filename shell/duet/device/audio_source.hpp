// SPDX-License-Identifier: MIT
// Where sound comes from: a microphone, a file, a tone.
#pragma once

#include <duet/base/time.hpp>
#include <duet/device/error.hpp>
#include <duet/media/sound.hpp>

#include <array>
#include <optional>

namespace duet::device {

/// 10 ms of sound.
struct AudioCapture {
  std::array<media::Sample, media::kBlockSamples * media::kMaxChannels> samples;  ///< interleaved
  Instant captured;  ///< of the first sample; of the clock that net::EventLoop reads
};

/// Belongs to the thread that reads it, but for interrupt().
class AudioSource {
 public:
  virtual ~AudioSource() = default;
  AudioSource() = default;
  AudioSource(const AudioSource&) = delete;
  AudioSource& operator=(const AudioSource&) = delete;

  /// 1 or 2; does not change.
  virtual int channels() const = 0;

  /// Waits for the next 10 ms and writes channels() * kBlockSamples samples. False at the end.
  virtual bool read(AudioCapture& capture) = 0;

  /// From any thread: read() returns soon, with false, now and from then on.
  virtual void interrupt() = 0;

  /// Why read() gave nothing: nothing if the source is simply over, and after interrupt().
  virtual std::optional<Error> error() const = 0;
};

}  // namespace duet::device
