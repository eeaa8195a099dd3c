// SPDX-License-Identifier: MIT
// What a camera's driver gives, before it is a picture. For .cpp files of this folder alone.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/device/error.hpp>
#include <duet/device/raw_image.hpp>
#include <duet/device/video_source.hpp>
#include <duet/device/wish.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace duet::device {

/// An open camera that runs.
class CameraFeed {
 public:
  struct Image {
    std::span<const std::byte> bytes;  ///< until the next call
    Instant captured;
    std::uint32_t sequence = 0;  ///< one more than the image before, unless one was lost
  };

  virtual ~CameraFeed() = default;
  virtual RawFormat format() const = 0;
  /// Waits. Nothing after interrupt() and after an error.
  virtual std::optional<Image> next() = 0;
  virtual void interrupt() = 0;  ///< from any thread
  virtual std::optional<Error> error() const = 0;
  virtual void request_key_frame() = 0;
};

/// The camera as a source, whatever it is fed by.
std::unique_ptr<VideoSource> make_camera(std::unique_ptr<CameraFeed> feed, const VideoWish& wish);

Result<std::unique_ptr<CameraFeed>, CameraError> open_v4l2(const std::string& path,
                                                           const VideoWish& wish);

/// Another program's H.264 byte stream (ITU-T H.264 annex B). Waits for its first key frame.
Result<std::unique_ptr<CameraFeed>, StandardInputError> open_byte_stream(int descriptor);

}  // namespace duet::device
