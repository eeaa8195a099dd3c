// SPDX-License-Identifier: MIT
// Figures of a call: now, and over all of it.
#pragma once

#include "expectation.hpp"
#include "picture_watch.hpp"
#include <duet/call/studio.hpp>
#include <duet/peer/connection.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::apps {

/// The way that media goes.
struct PathFigures {
  std::string local;  ///< "host", "srflx", "prflx" or "relay"
  std::string remote;
  std::string protocol;  ///< "udp" or "tcp"
  std::optional<Duration> round_trip;
};

/// Nothing while no pair is selected.
std::optional<PathFigures> path_of(const peer::Connection& connection);

/// One direction, over the last interval.
struct StreamFigures {
  std::string codec;
  codec::Size size;
  double fps = 0;
  double rate_bps = 0;
  double loss = 0;  ///< 0 to 1
};

struct IntervalFigures {
  StreamFigures out;
  StreamFigures in;
  double audio_level = 0;       ///< 0 to 1
  double audio_concealed = 0;   ///< share of the interval's sound, 0 to 1
  double jitter_buffer_ms = 0;  ///< of pictures
  std::uint64_t target_rate_bps = 0;
  std::uint64_t freezes = 0;  ///< since the beginning
  ShownFigures shown;
};

/// Reads counters now and then, and tells what lies between.
class CallMeter {
 public:
  /// @param stats  what there was before
  void handle_both_there(Instant now, const call::StudioStats& stats) {
    both_there_ = now;
    frames_before_ = stats.received.frames;
    last_ = Moment{now, stats};
  }

  void handle_connected(Instant now);
  void handle_first_frame(Instant now);

  void handle_path(const PathFigures& path) { path_ = path; }

  /// What has happened since the last call of it.
  IntervalFigures measure(Instant now, const call::StudioStats& stats);

  /// The whole call.
  CallFigures figures(Instant now, const call::StudioStats& stats) const;

 private:
  struct Moment {
    Instant at;
    call::StudioStats stats;
  };

  std::optional<Instant> both_there_;
  std::uint64_t frames_before_ = 0;  // of calls before this one
  std::optional<Duration> connected_;
  std::optional<Duration> video_first_;
  std::optional<Instant> first_frame_at_;
  std::optional<PathFigures> path_;
  std::optional<Moment> last_;
};

}  // namespace duet::apps
