// SPDX-License-Identifier: MIT
// Which of sound and picture has to wait for the other.
#pragma once

#include <duet/base/time.hpp>
#include <duet/rtp/types.hpp>

#include <optional>

namespace duet::media {

/// Compares when sound and picture of one moment are played, and says how long each is to be held
/// beyond what it needs itself: no longer than it takes for nobody to notice. Moves slowly: who
/// looks at it must not see it.
class LipSync {
 public:
  /// How far the answers move in a second.
  static constexpr Duration kMaxStep = 80ms;
  /// Differences that nobody notices: about half of what people can tell (ITU-R BT.1359-1: sound 45
  /// ms early to 125 ms late). Sound needs longer than pictures on most paths, and to hold those
  /// for nothing would make the call slower.
  static constexpr Duration kSoundEarly = 20ms;
  static constexpr Duration kSoundLate = 60ms;
  /// So much less than that, and what is held is let go.
  static constexpr Duration kSlack = 10ms;
  static constexpr Duration kMaxExtra = 500ms;
  /// A difference that no call has: the reports of one of the streams are wrong.
  static constexpr Duration kIncredible = 5s;

  /// What one stream played lately.
  struct Played {
    rtp::NtpTime captured;  ///< by the sender's clock: RtpReceiver::capture_time()
    Instant at;             ///< when it was, or will be, played
  };

  void handle_audio(const Played& played) { audio_ = played; }

  void handle_video(const Played& played) { video_ = played; }

  /// Takes the next step; call it from time to time, such as with each frame.
  void update(Instant now);

  /// How much later than the sound, picture of the same moment is played; smoothed. Nothing before
  /// both were heard of.
  std::optional<Duration> difference() const { return difference_; }

  /// To hold sound for, beyond its own buffer.
  Duration audio_extra() const { return extra_ < Duration{0} ? Duration{0} : extra_; }

  /// To hold pictures for, beyond theirs. Never both at once.
  Duration video_extra() const { return extra_ < Duration{0} ? -extra_ : Duration{0}; }

 private:
  Duration excess() const;

  std::optional<Played> audio_;
  std::optional<Played> video_;
  std::optional<Duration> difference_;
  std::optional<Instant> updated_at_;
  Duration extra_{0};  // of sound; negative: of pictures
};

}  // namespace duet::media
