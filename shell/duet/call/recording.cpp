// SPDX-License-Identifier: MIT
// Two streams to one file.
#include <duet/call/recording.hpp>

#include <algorithm>
#include <utility>

namespace duet::call {

void Recording::write_picture(media::EncodedFrame frame, const media::Moment& moment) {
  recorder_.write(std::move(frame), line_.place_picture(moment));
}

bool Recording::goes_on(const Sound& sound, const media::Moment& moment) const {
  if (!last_sound_ || sound.restarted) return false;
  if (last_sound_->ssrc != moment.ssrc || last_sound_->clock_rate != moment.clock_rate) {
    return false;
  }
  const auto most = kMostBack / 1s * std::int64_t{moment.clock_rate};
  return !written_ || sound.timestamp > *written_ - most;
}

void Recording::write_sound(const Sound& sound, const media::Moment& moment) {
  if (!goes_on(sound, moment)) {
    flush();
    written_.reset();
    next_sequence_.reset();
    silence_ended_.reset();
    last_sound_.reset();
  }
  heed_silence(moment);
  last_sound_ = moment;
  if (written_ && sound.timestamp <= *written_) return;  // its place has been passed
  waiting_.try_emplace(
      sound.timestamp,
      Waiting{{sound.codec, moment.timestamp, true, {sound.bytes.begin(), sound.bytes.end()}},
              moment,
              sound.sequence});
  write_waiting(moment.arrived);
}

void Recording::heed_silence(const media::Moment& moment) {
  if (last_sound_ && moment.arrived - last_sound_->arrived >= kSilence) {
    silence_ended_ = moment.arrived;
    least_late_ = Duration::max();
  }
  if (silence_ended_) least_late_ = std::min(least_late_, line_.lateness_of_sound(moment));
}

void Recording::flush() { write_waiting(Instant::max()); }

void Recording::write_waiting(Instant now) {
  if (silence_ended_) end_silence(now);
  while (!waiting_.empty() && !silence_ended_) {
    auto& [timestamp, oldest] = *waiting_.begin();
    const bool is_next = !next_sequence_ || oldest.sequence <= *next_sequence_;
    const bool is_given_up = now == Instant::max() || now - oldest.moment.arrived >= kPatience ||
                             waiting_.size() > kMaxWaiting;
    if (!is_next && !is_given_up) return;
    next_sequence_ = std::max(next_sequence_.value_or(oldest.sequence + 1), oldest.sequence + 1);
    written_ = timestamp;
    recorder_.write(std::move(oldest.frame), line_.place_sound(oldest.moment));
    waiting_.erase(waiting_.begin());
  }
}

/// A path that held packets up brings them in one go, and the last of them are in time again. A
/// count that stood still makes all of them late.
void Recording::end_silence(Instant now) {
  const bool is_known =
      now == Instant::max() || now - *silence_ended_ >= kPatience || waiting_.size() > kMaxWaiting;
  if (!is_known) return;
  if (least_late_ >= kStoodStill) line_.shift_sound(*silence_ended_, least_late_);
  silence_ended_.reset();
}

}  // namespace duet::call
