// SPDX-License-Identifier: MIT
// What the libraries of pictures have in common here; which of them does what.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/codec/video_decoder.hpp>
#include <duet/codec/video_encoder.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace duet::codec {

using EncoderResult = Result<std::unique_ptr<VideoEncoder>, EncoderError>;
using DecoderResult = Result<std::unique_ptr<VideoDecoder>, DecoderError>;

EncoderResult make_vpx_encoder(media::Codec codec, const VideoSettings& settings);
DecoderResult make_vpx_decoder(media::Codec codec);
EncoderResult make_h264_encoder(const VideoSettings& settings);
DecoderResult make_h264_decoder();
EncoderResult make_av1_encoder(const VideoSettings& settings);
DecoderResult make_av1_decoder();

constexpr bool is_acceptable(Size size) {
  return size.width > 0 && size.height > 0 && size.width <= kMaxSide && size.height <= kMaxSide &&
         std::int64_t{size.width} * size.height <= kMaxArea;
}

/// What a library is asked for: rates beyond these are somebody's mistake.
constexpr std::uint64_t library_rate(std::uint64_t rate_bps) {
  constexpr std::uint64_t kLeast = 10'000;
  constexpr std::uint64_t kMost = 100'000'000;
  return std::clamp(rate_bps, kLeast, kMost);
}

/// The longest key frame, in percent of one picture's share, for libvpx and libaom: 0.3 s of the
/// rate.
constexpr unsigned key_frame_share(double fps) {
  return static_cast<unsigned>(30 * std::clamp(fps, 10.0, 60.0));
}

struct Planes {
  std::array<const std::uint8_t*, 3> data;
  std::array<int, 3> strides;
};

/// @param size  acceptable
PicturePtr copy_of(const Planes& planes, Size size);

/// How long pictures last, in the 90 kHz clock, for rate control: smoothed, and never far from what
/// was asked for, since a library gives a picture after a pause all that the pause left unused.
class Cadence {
 public:
  std::uint32_t next(rtp::Timestamp timestamp, double fps) {
    const double asked = media::clock_rate(media::Codec::Vp8) / std::clamp(fps, 1.0, 240.0);
    if (fps != fps_ || !last_) {
      fps_ = fps;
      average_ = asked;
    } else {
      constexpr double kWeight = 0.1;
      const double step = distance(*last_, timestamp);
      average_ += kWeight * (std::clamp(step, asked / 2, asked * 3) - average_);
    }
    last_ = timestamp;
    return static_cast<std::uint32_t>(average_);
  }

 private:
  double fps_ = 0;
  double average_ = 0;
  std::optional<rtp::Timestamp> last_;
};

}  // namespace duet::codec
