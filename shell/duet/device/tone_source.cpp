// SPDX-License-Identifier: MIT
// A tone in real time.
#include <duet/device/tone_source.hpp>

#include <algorithm>
#include <span>

namespace duet::device {

ToneSource::ToneSource(const AudioWish& wish)
    : channels_{std::clamp(wish.channels, 1, media::kMaxChannels)}, next_{wish.start} {}

bool ToneSource::read(AudioCapture& capture) {
  constexpr Duration kFarBehind = 3s;
  if (next_ == Instant{} || now() - next_ > kFarBehind) next_ = now();
  tone_.generate(
      std::span{capture.samples}.first(media::kBlockSamples * static_cast<std::size_t>(channels_)),
      channels_);
  capture.captured = next_;
  next_ += media::kBlock;
  return waiter_.wait_until(next_);
}

}  // namespace duet::device
