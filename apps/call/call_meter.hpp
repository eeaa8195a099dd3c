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
  std::uint64_t freezes = 0;  ///< since the beginning of the call
  ShownFigures shown;
};

/// Reads counters now and then, and tells what lies between.
class CallMeter {
 public:
  /// A call begins; what was before it is forgotten.
  /// @param stats  what there was before
  void handle_both_there(Instant now, const call::StudioStats& stats);
  void handle_connected(Instant now, const call::StudioStats& stats);
  void handle_first_frame(Instant now, const call::StudioStats& stats);
  /// The call is over: its figures stay as they are.
  void handle_over(Instant now, const call::StudioStats& stats);

  bool has_first_frame() const { return video_first_.has_value(); }

  void handle_path(const PathFigures& path) { path_ = path; }

  /// What has happened since the last call of it.
  IntervalFigures measure(Instant now, const call::StudioStats& stats);

  /// The whole call: averages are from the first picture to the end, of a call without pictures
  /// from the connection.
  CallFigures figures(Instant now, const call::StudioStats& stats) const;

 private:
  struct Moment {
    Instant at;
    call::StudioStats stats;
  };

  Instant both_there_{};
  std::optional<Duration> connected_;
  std::optional<Duration> video_first_;
  std::optional<PathFigures> path_;
  std::optional<Moment> from_;   // of the averages
  std::optional<Moment> until_;  // once the call is over
  std::optional<Moment> last_;   // that was measured
  std::uint64_t freezes_before_ = 0;
};

}  // namespace duet::apps
