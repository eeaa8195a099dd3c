// SPDX-License-Identifier: MIT
// Where pictures come from: a camera, a screen, a file, a test pattern.
#pragma once

#include <duet/base/time.hpp>
#include <duet/codec/picture.hpp>
#include <duet/device/error.hpp>
#include <duet/media/encoded_frame.hpp>

#include <optional>
#include <variant>

namespace duet::device {

/// A picture, or one that the camera has encoded itself.
struct VideoCapture {
  std::variant<codec::PicturePtr, media::EncodedFrame> image;
  Instant captured;  ///< of the clock that net::EventLoop reads (CLOCK_MONOTONIC)
};

/// Belongs to the thread that reads it, but for interrupt().
class VideoSource {
 public:
  virtual ~VideoSource() = default;
  VideoSource() = default;
  VideoSource(const VideoSource&) = delete;
  VideoSource& operator=(const VideoSource&) = delete;

  /// Waits for the next picture. Those that came while nobody read are left out, so that what is
  /// given is fresh. Nothing at the end: error() says whether it was one.
  virtual std::optional<VideoCapture> read() = 0;

  /// From any thread: read() returns soon, with nothing, now and from then on.
  virtual void interrupt() = 0;

  /// Why read() gave nothing: nothing if the source is simply over, and after interrupt().
  virtual std::optional<Error> error() const = 0;

  virtual codec::Size size() const = 0;

  /// The codec of a source that gives encoded frames.
  virtual std::optional<media::Codec> encoded_as() const { return std::nullopt; }

  /// A source that encodes should make a key frame, if it can.
  virtual void request_key_frame() {}
};

}  // namespace duet::device
