// SPDX-License-Identifier: MIT
// The one decoder of pictures, whatever the codec.
#pragma once

#include <duet/base/result.hpp>
#include <duet/codec/picture.hpp>
#include <duet/media/encoded_frame.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace duet::codec {

/// Why there is no decoder, or no picture of a frame.
enum class DecoderError : std::uint8_t {
  UnknownCodec,  ///< to this build
  NotMade,       ///< by the library
  NeedsKey,      ///< the frame builds on one that was not decoded
  NotAKey,       ///< although it says so
  Empty,
  Incomplete,
  Damaged,
  TooLarge,
  WrongFormat  ///< more than 8 bits, or other colours than 4:2:0
};

/// Used from one thread at a time. What it is given was sent by a stranger: pictures of more than
/// 4096 x 4096 pixels, of more than 8 bits or other colours than 4:2:0 are refused.
class VideoDecoder {
 public:
  virtual ~VideoDecoder() = default;
  VideoDecoder() = default;
  VideoDecoder(const VideoDecoder&) = delete;
  VideoDecoder& operator=(const VideoDecoder&) = delete;

  /// @return the picture of this very frame; nothing for a frame that shows none; an error for what
  ///         could not be decoded: only a key frame helps then
  virtual Result<std::optional<PicturePtr>, DecoderError> decode(
      const media::EncodedFrame& frame) = 0;

  virtual std::string_view implementation() const = 0;
};

Result<std::unique_ptr<VideoDecoder>, DecoderError> make_video_decoder(media::Codec codec);

}  // namespace duet::codec
