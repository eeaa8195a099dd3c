// SPDX-License-Identifier: MIT
// Which of sound and picture has to wait for the other.
#include <duet/media/lip_sync.hpp>
#include <duet/media/ntp_span.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace duet::media {
namespace {

constexpr double kSmoothing = 0.5;  // seconds until a measurement counts for 63 %
constexpr double kGain = 0.5;       // of the difference, taken back in a second

}  // namespace

void LipSync::update(Instant now) {
  if (!audio_ || !video_) return;
  const Duration measured = (video_->at - audio_->at) - between(audio_->captured, video_->captured);
  if (std::chrono::abs(measured) > kIncredible) return;
  const Duration elapsed =
      std::clamp<Duration>(updated_at_ ? now - *updated_at_ : Duration{0}, Duration{0}, 1s);
  updated_at_ = now;
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const Duration before = difference_.value_or(measured);
  difference_ = before + scaled(measured - before, 1 - std::exp(-seconds / kSmoothing));
  const Duration most = scaled(kMaxStep, seconds);
  const Duration step = std::clamp(scaled(excess(), kGain * seconds), -most, most);
  // Who is held is let go before the other one is held.
  const Duration lowest = extra_ > 0ms ? 0ms : -kMaxExtra;
  const Duration highest = extra_ < 0ms ? 0ms : kMaxExtra;
  extra_ = std::clamp(extra_ + step, lowest, highest);
}

/// By how much pictures are too late for the sound, or, negative, too early. Who is held although
/// nobody would notice is let go.
Duration LipSync::excess() const {
  const Duration late = *difference_ - kSoundEarly;
  const Duration early = -kSoundLate - *difference_;
  if (extra_ > 0ms) return late > 0ms ? late : std::min<Duration>(late + kSlack, 0ms);
  if (extra_ < 0ms) return early > 0ms ? -early : std::max<Duration>(-early - kSlack, 0ms);
  return late > 0ms ? late : std::min<Duration>(-early, 0ms);
}

}  // namespace duet::media
