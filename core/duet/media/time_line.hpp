// SPDX-License-Identifier: MIT
// Sound and pictures of a call on one line of time, for a recording.
#pragma once

#include <duet/base/time.hpp>
#include <duet/rtp/types.hpp>

#include <cstdint>
#include <optional>

namespace duet::media {

/// A frame, and what is known of when it was captured.
struct Moment {
  Ssrc ssrc;
  rtp::Timestamp timestamp;
  std::uint32_t clock_rate = 90'000;  ///< ticks a second of that timestamp; not 0
  Instant arrived;                    ///< not before the moment of the same stream before it
  /// By the sender's reports: RtpReceiver::capture_time(); nothing before the first one.
  std::optional<rtp::NtpTime> captured;
};

/// Gives each frame its place, counted from the first one of all.
///
/// Sound leads: its packets keep the distances that their sender counted, so that they play without
/// a seam. Pictures follow the sound by the sender's one clock (RFC 3550 §6.4.1). Until both
/// streams have been reported, each stands where its first frame came; what is then found to be
/// wrong is taken back gently, pictures playing at most an eighth faster or slower.
class TimeLine {
 public:
  /// A sender whose clock jumps is not followed: such a gap would play for hours.
  static constexpr Duration kMostEarly = 2s;
  static constexpr Duration kMostLate = 10s;
  static constexpr Duration kMostBack = 1s;  ///< before the frame before it
  /// Between sound and picture; with more, the sender's reports are wrong.
  static constexpr Duration kIncredible = 5s;
  /// Senders report each stream at least this often (RFC 3550 §6.2: 5 s, times 1.5).
  static constexpr Duration kReportInterval = 8s;

  /// @return the place, always later than that of the same kind's frame before it
  Duration place_sound(const Moment& moment);
  Duration place_picture(const Moment& moment);

  /// How much later than this stream's packets usually do, this one of sound comes; 0 for a stream
  /// that is new.
  Duration lateness_of_sound(const Moment& moment) const;

  /// The sender's count of samples stood still, as on hold: from here on sound is so much later.
  void shift_sound(Instant now, Duration by);

 private:
  /// One stream's timestamps on the line.
  struct Stream {
    std::optional<Ssrc> ssrc;
    std::uint32_t clock_rate = 0;
    rtp::Unwrapper<rtp::Timestamp> unwrapper;
    std::int64_t first = 0;  // ticks
    Duration offset{0};      // of that tick
    Duration last{-1};       // that was given away
    Duration usual_late{0};  // arrival less place, smoothed
    Duration last_now{0};
    bool is_new = true;

    bool goes_on(const Moment& moment) const;
    Duration peek(const Moment& moment) const;
    Duration place(const Moment& moment, Duration now);
    void begin(const Moment& moment, Duration now);
  };

  struct Sync {
    rtp::NtpTime captured;
    Duration place;
  };

  Duration since_start(Instant at) const;

  std::optional<Instant> start_;
  Stream sound_;
  Stream pictures_;
  std::optional<Sync> sync_;           // of sound
  std::optional<Instant> sync_after_;  // reports before then are of the time before a shift
};

}  // namespace duet::media
