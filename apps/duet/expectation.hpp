// SPDX-License-Identifier: MIT
// What a call must come up to: `--expect 'connected<3s,video_fps>=24,loss<2%'`.
#pragma once

#include <duet/base/time.hpp>
#include <duet/config/codec.hpp>
#include <duet/config/sentences.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace duet::apps {

/// What a call was. Averages are from the first frame to the end; nothing where nothing came.
struct CallFigures {
  std::optional<Duration> connected;    ///< since both were in the room
  std::optional<Duration> video_first;  ///< first picture shown, since both were in the room
  std::optional<double> video_fps;      ///< pictures decoded a second
  std::optional<double> video_width;
  std::optional<double> video_rate;   ///< bits a second received
  std::optional<double> audio_level;  ///< 0 to 1, root mean square
  std::optional<double> loss;         ///< of packets received, 0 to 1
  std::optional<double> round_trip;   ///< seconds
  std::string path;  ///< "host", "srflx", "prflx" or "relay", the farther of both ends
};

/// One comparison.
struct Expectation {
  enum class What : std::uint8_t {
    Connected,
    VideoFirst,
    VideoFps,
    VideoWidth,
    VideoRate,
    AudioLevel,
    Loss,
    RoundTrip,
    Path
  };
  enum class Is : std::uint8_t { Less, AtMost, Equal, AtLeast, More };

  What what = What::Connected;
  Is is = Is::Less;
  double value = 0;  ///< seconds, pictures, pixels, bits a second, parts of one
  std::string word;  ///< of Path
  std::string text;  ///< as it was written

  friend bool operator==(const Expectation&, const Expectation&) = default;
};

struct Missed {
  static constexpr const char* kNothing = "nothing";

  std::string expectation;  ///< "video_fps>=24"
  std::string was;          ///< "18.2", "33ms", or kNothing
};

config::Sentence sentence_of(const Missed& missed);

/// Which expectations the figures miss; what has no figure misses.
std::vector<Missed> missed(std::span<const Expectation> expectations, const CallFigures& figures);

}  // namespace duet::apps

template <>
struct duet::config::Codec<duet::apps::Expectation> {
  static Result<apps::Expectation, Sentence> parse(std::string_view text);

  static std::string format(const apps::Expectation& value) { return value.text; }
};
