// SPDX-License-Identifier: MIT
// What came, put on one time line for the recorder.
#pragma once

#include <duet/device/recorder.hpp>
#include <duet/media/encoded_frame.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

namespace duet::call {

/// Brings packets of sound into their order and gives every frame its time.
class Recording {
 public:
  /// @param recorder  outlives this
  explicit Recording(device::Recorder& recorder) : recorder_{recorder} {}

  /// @param at  when the picture is shown
  void write_picture(media::EncodedFrame frame, Ssrc ssrc, Instant at);

  /// @param bytes  one packet of a codec, not RED
  void write_sound(media::Codec codec, Ssrc ssrc, std::int64_t sequence, rtp::Timestamp timestamp,
                   std::span<const std::byte> bytes, Instant now);

  /// What waits for packets that never came.
  void flush();

 private:
  /// How long sound waits for what is missing before it: as long as a retransmission may take.
  static constexpr Duration kPatience = 400ms;
  static constexpr std::size_t kMaxWaiting = 64;  // packets

  /// Where a stream's timestamps stand on the recording's line.
  struct Line {
    std::optional<Ssrc> ssrc;
    rtp::Unwrapper<rtp::Timestamp> unwrapper;
    std::int64_t first = 0;  // ticks
    Duration offset{0};      // of that tick
    Duration last{-1};       // that was written

    Duration place(Ssrc from, rtp::Timestamp timestamp, std::uint32_t clock_rate, Duration now);
  };

  struct Waiting {
    media::EncodedFrame frame;
    Ssrc ssrc;
    Instant arrived;
  };

  Duration since_start(Instant at);
  void write_waiting(Instant now);
  void write(Line& line, media::EncodedFrame frame, Ssrc ssrc, Instant at);

  device::Recorder& recorder_;
  std::optional<Instant> start_;
  Line pictures_;
  Line sound_;
  std::map<std::int64_t, Waiting> waiting_;  // by sequence number
  std::optional<std::int64_t> next_;
  std::optional<Ssrc> sound_ssrc_;
};

}  // namespace duet::call
