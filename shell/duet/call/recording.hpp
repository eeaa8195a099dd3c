// SPDX-License-Identifier: MIT
// What came, put into order and on one line of time for the recorder.
#pragma once

#include <duet/device/recorder.hpp>
#include <duet/media/encoded_frame.hpp>
#include <duet/media/time_line.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace duet::call {

/// Brings packets of sound into their order and gives every frame its time.
class Recording {
 public:
  /// How long sound waits for what is missing before it: as long as a retransmission may take.
  static constexpr Duration kPatience = 400ms;
  static constexpr std::size_t kMaxWaiting = 256;  ///< packets: 5 s, after a path that held them up
  /// What is so much older than what was written belongs to a count that began anew.
  static constexpr Duration kMostBack = 3s;
  /// After so long without sound, its sender's count may have stood still: what comes within
  /// kPatience tells.
  static constexpr Duration kSilence = 1s;
  static constexpr Duration kStoodStill = 300ms;

  /// @param recorder  outlives this
  explicit Recording(device::Recorder& recorder) : recorder_{recorder} {}

  /// @param moment  of which `arrived` is when the picture is shown
  void write_picture(media::EncodedFrame frame, const media::Moment& moment);

  /// One packet of a codec.
  struct Sound {
    media::Codec codec = media::Codec::Opus;
    std::int64_t sequence = 0;   ///< unwrapped
    std::int64_t timestamp = 0;  ///< unwrapped
    bool restarted = false;      ///< nothing before it belongs to it
    std::span<const std::byte> bytes;
  };

  /// In any order. What a packet carries of earlier ones (RED) is given like them, with the numbers
  /// that they had; each counts once.
  void write_sound(const Sound& sound, const media::Moment& moment);

  /// What waits for packets that never came.
  void flush();

 private:
  struct Waiting {
    media::EncodedFrame frame;
    media::Moment moment;
    std::int64_t sequence = 0;
  };

  bool goes_on(const Sound& sound, const media::Moment& moment) const;
  void heed_silence(const media::Moment& moment);
  void write_waiting(Instant now);
  void end_silence(Instant now);

  device::Recorder& recorder_;
  media::TimeLine line_;
  std::map<std::int64_t, Waiting> waiting_;  // by timestamp
  std::optional<media::Moment> last_sound_;  // that came
  std::optional<std::int64_t> next_sequence_;
  std::optional<std::int64_t> written_;  // the last timestamp
  std::optional<Instant> silence_ended_;
  Duration least_late_{0};  // of what came since then
};

}  // namespace duet::call
