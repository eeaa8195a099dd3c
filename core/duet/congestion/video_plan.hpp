// SPDX-License-Identifier: MIT
// Which resolution and frame rate suit a rate.
#pragma once

#include <duet/media/codec.hpp>

#include <cstdint>
#include <optional>

namespace duet::congestion {

struct VideoSource {
  int width = 1280;  ///< pixels, at least 2
  int height = 720;
  double fps = 30;
  enum class Content : std::uint8_t {
    Motion,  ///< a camera: a picture that stutters is worse than a soft one
    Detail,  ///< a screen: text that can't be read is worse than a slow one
  } content = Content::Motion;

  friend bool operator==(const VideoSource&, const VideoSource&) = default;
};

struct VideoPlan {
  int width = 0;  ///< even
  int height = 0;
  double fps = 0;

  friend bool operator==(const VideoPlan&, const VideoPlan&) = default;
};

/// The rate from which a picture of this size and frame rate looks right; docs/congestion.md has
/// the table.
/// @return bits per second, without headers
double rate_needed_bps(int width, int height, double fps, media::Codec codec,
                       VideoSource::Content content);

/// The best that `media_bps` is enough for: straight from the rate, in one step, up as fast as
/// down. Never below 180 lines and 7 frames a second, unless the source is.
/// @param previous  what is sent now; kept while the rate is less than 15 % below what it needs,
///                  so that a rate that wavers changes nothing
VideoPlan plan_video(double media_bps, const VideoSource& source, media::Codec codec,
                     const std::optional<VideoPlan>& previous = {});

}  // namespace duet::congestion
