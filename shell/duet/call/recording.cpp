// SPDX-License-Identifier: MIT
// Timestamps of two streams to one line of time.
#include <duet/call/recording.hpp>

#include <algorithm>
#include <utility>

namespace duet::call {

Duration Recording::Line::place(Ssrc from, rtp::Timestamp timestamp, std::uint32_t clock_rate,
                                Duration now) {
  const std::int64_t ticks =
      ssrc == from ? unwrapper.unwrap(timestamp) : static_cast<std::int64_t>(timestamp.value());
  if (ssrc != from) {  // begins anew: its first frame is as late as it came
    ssrc = from;
    unwrapper = {};
    first = unwrapper.unwrap(timestamp);
    offset = now;
  }
  Duration at = offset + Duration{(ticks - first) * 1'000'000 / clock_rate};
  // A sender's clock that jumps is not followed: the gap would play for hours.
  constexpr Duration kMostJump = 10s;
  if (at > now + kMostJump || at < now - kMostJump) {
    first = ticks;
    offset = at = now;
  }
  return std::max(at, last + Duration{1});
}

void Recording::write_picture(media::EncodedFrame frame, Ssrc ssrc, Instant at) {
  write(pictures_, std::move(frame), ssrc, at);
}

void Recording::write_sound(media::Codec codec, Ssrc ssrc, std::int64_t sequence,
                            rtp::Timestamp timestamp, std::span<const std::byte> bytes,
                            Instant now) {
  if (sound_ssrc_ != ssrc) {
    flush();
    sound_ssrc_ = ssrc;
    next_.reset();
  }
  if (next_ && sequence < *next_) return;  // its place has been passed
  waiting_.try_emplace(sequence,
                       Waiting{{codec, timestamp, true, {bytes.begin(), bytes.end()}}, ssrc, now});
  write_waiting(now);
}

void Recording::flush() { write_waiting(Instant::max()); }

void Recording::write_waiting(Instant now) {
  while (!waiting_.empty()) {
    auto& [sequence, oldest] = *waiting_.begin();
    const bool is_next = !next_ || sequence == *next_;
    const bool is_given_up =
        now == Instant::max() || now - oldest.arrived >= kPatience || waiting_.size() > kMaxWaiting;
    if (!is_next && !is_given_up) return;
    next_ = sequence + 1;
    write(sound_, std::move(oldest.frame), oldest.ssrc, oldest.arrived);
    waiting_.erase(waiting_.begin());
  }
}

void Recording::write(Line& line, media::EncodedFrame frame, Ssrc ssrc, Instant at) {
  const Duration now = since_start(at);
  line.last = line.place(ssrc, frame.timestamp, media::clock_rate(frame.codec), now);
  recorder_.write(std::move(frame), line.last);
}

Duration Recording::since_start(Instant at) {
  if (!start_) start_ = at;
  return std::max(at - *start_, Duration{0});
}

}  // namespace duet::call
