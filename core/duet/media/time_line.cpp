// SPDX-License-Identifier: MIT
// Two senders' counts and one clock to one line.
#include <duet/media/ntp_span.hpp>
#include <duet/media/time_line.hpp>

#include <algorithm>
#include <chrono>

namespace duet::media {
namespace {

// How a difference is taken back: most of it within this time, but no faster than by an eighth.
constexpr double kSettle = 0.5;  // seconds
constexpr double kFastest = 0.125;
constexpr double kForget = 10;  // seconds until what is usual has followed by 63 %

double in_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

bool TimeLine::Stream::goes_on(const Moment& moment) const {
  return ssrc == moment.ssrc && clock_rate == moment.clock_rate;
}

Duration TimeLine::Stream::peek(const Moment& moment) const {
  const std::int64_t ticks = unwrapper.peek(moment.timestamp) - first;
  const std::int64_t rate = clock_rate;
  return offset + Duration{ticks / rate * 1'000'000 + ticks % rate * 1'000'000 / rate};
}

void TimeLine::Stream::begin(const Moment& moment, Duration now) {
  ssrc = moment.ssrc;
  clock_rate = moment.clock_rate;
  unwrapper = {};
  first = unwrapper.unwrap(moment.timestamp);
  offset = std::max(now, last + Duration{1});
  usual_late = now - offset;
  is_new = true;
}

Duration TimeLine::Stream::place(const Moment& moment, Duration now) {
  if (!goes_on(moment)) begin(moment, now);
  Duration at = peek(moment);
  const Duration late = now - at - usual_late;
  if (late < -kMostEarly || late > kMostLate || at < last - kMostBack) {
    begin(moment, now);
    at = offset;
  } else {
    const double elapsed = std::clamp(in_seconds(now - last_now), 0.0, 1.0);
    usual_late += scaled(late, elapsed / (elapsed + kForget));
  }
  (void)unwrapper.unwrap(moment.timestamp);
  last_now = now;
  return at;
}

Duration TimeLine::place_sound(const Moment& moment) {
  if (!start_) start_ = moment.arrived;
  const Duration at = sound_.place(moment, since_start(moment.arrived));
  if (sound_.is_new) sync_.reset();
  if (moment.captured && (!sync_after_ || moment.arrived >= *sync_after_)) {
    sync_ = Sync{*moment.captured, at};
  }
  sound_.is_new = false;
  return sound_.last = std::max(at, sound_.last + Duration{1});
}

Duration TimeLine::place_picture(const Moment& moment) {
  if (!start_) start_ = moment.arrived;
  Duration at = pictures_.place(moment, since_start(moment.arrived));
  if (moment.captured && sync_) {
    const Duration wanted = sync_->place + between(sync_->captured, *moment.captured);
    const Duration wrong = wanted - at;
    if (std::chrono::abs(wrong) <= kIncredible) {
      const double elapsed = std::clamp(in_seconds(at - pictures_.last), 0.0, 60.0);
      const Duration most = scaled(Duration{1s}, elapsed * kFastest);
      const Duration step =
          pictures_.is_new ? std::max(wrong, pictures_.last + Duration{1} - at)
                           : std::clamp(scaled(wrong, elapsed / (elapsed + kSettle)), -most, most);
      at += step;
      pictures_.offset += step;
      pictures_.usual_late -= step;
    }
  }
  pictures_.is_new = false;
  return pictures_.last = std::max(at, pictures_.last + Duration{1});
}

Duration TimeLine::lateness_of_sound(const Moment& moment) const {
  if (!start_ || !sound_.goes_on(moment)) return Duration{0};
  return since_start(moment.arrived) - sound_.peek(moment) - sound_.usual_late;
}

void TimeLine::shift_sound(Instant now, Duration by) {
  sound_.offset += by;
  // The reports that are known tell of a clock that ran on.
  sync_after_ = now + kReportInterval;
  sync_.reset();
}

Duration TimeLine::since_start(Instant at) const { return std::max(at - *start_, Duration{0}); }

}  // namespace duet::media
