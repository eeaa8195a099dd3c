// SPDX-License-Identifier: MIT
// A tone in place of a microphone.
#pragma once

#include <duet/device/audio_source.hpp>
#include <duet/device/clock.hpp>
#include <duet/device/wish.hpp>
#include <duet/media/tone.hpp>

namespace duet::device {

/// 440 Hz in real time, without end.
class ToneSource final : public AudioSource {
 public:
  static constexpr double kFrequencyHz = 440;

  explicit ToneSource(const AudioWish& wish);

  int channels() const override { return channels_; }

  bool read(AudioCapture& capture) override;

  void interrupt() override { waiter_.interrupt(); }

  std::optional<Error> error() const override { return {}; }

 private:
  int channels_;
  Instant next_;
  media::ToneGenerator tone_{kFrequencyHz};
  Waiter waiter_;
};

}  // namespace duet::device
