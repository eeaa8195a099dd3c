// SPDX-License-Identifier: MIT
// The one encoder of pictures, whatever the codec.
#pragma once

#include <duet/base/result.hpp>
#include <duet/codec/picture.hpp>
#include <duet/media/encoded_frame.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace duet::codec {

struct VideoSettings {
  Size size;  ///< of what it makes; pictures are scaled to it. H.264 takes an odd side down by one
  double fps = 30;  ///< pictures a second, about
  std::uint64_t rate_bps = 1'000'000;
  bool is_screen = false;  ///< text and slides: sharp rather than smooth

  friend bool operator==(const VideoSettings&, const VideoSettings&) = default;
};

enum class FrameKind : std::uint8_t {
  Any,
  Key  ///< must need no other
};

/// Why there is no encoder, or no frame of one.
struct EncoderError {
  enum class Kind : std::uint8_t {
    UnknownCodec,  ///< to this build
    TooLarge,      ///< pictures of more than 4096 x 4096 pixels
    NoSettings,    ///< the library's, for the codec
    NotMade,       ///< by the library, which says no more
    SizeRefused,   ///< by the library
    RatesRefused,  ///< by the library: bits a second, or pictures
    Failed         ///< for `reason`, if the library gives one
  };

  Kind kind = Kind::Failed;
  media::Codec codec = media::Codec::Vp8;
  Size size;
  std::string library;  ///< "libvpx"; empty where none was asked
  std::string reason;   ///< in the library's words

  friend bool operator==(const EncoderError&, const EncoderError&) = default;
};

/// Used from one thread at a time. Made for calls: no look-ahead, no reordering, no key frame that
/// nobody asked for but the first, errors do not spread longer than to the next key frame.
class VideoEncoder {
 public:
  virtual ~VideoEncoder() = default;
  VideoEncoder() = default;
  VideoEncoder(const VideoEncoder&) = delete;
  VideoEncoder& operator=(const VideoEncoder&) = delete;

  /// From the next picture on, a new size included (which makes that one a key frame). Cheap
  /// enough for every picture; the rate is kept within a few pictures.
  virtual void configure(const VideoSettings& settings) = 0;

  /// @param picture    of any size
  /// @param timestamp  of the codec's clock, later than the last one's
  /// @return nothing for a picture that was left out to keep the rate
  virtual Result<std::optional<media::EncodedFrame>, EncoderError> encode(const PicturePtr& picture,
                                                                          rtp::Timestamp timestamp,
                                                                          FrameKind kind) = 0;

  /// The library's, as W3C encoderImplementation: "libvpx".
  virtual std::string_view implementation() const = 0;
};

/// @param settings  their size has at most 4096 x 4096 pixels
Result<std::unique_ptr<VideoEncoder>, EncoderError> make_video_encoder(
    media::Codec codec, const VideoSettings& settings);

}  // namespace duet::codec
