// SPDX-License-Identifier: MIT
// In which form a camera can give its pictures, and which one suits a wish.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/device/wish.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::device {

/// A pixel format of V4L2, four characters (linux/videodev2.h, v4l2_fourcc).
struct FourCc {
  std::uint32_t value = 0;

  static constexpr FourCc of(std::string_view name) {
    FourCc out;
    for (std::size_t i = 0; i < 4; ++i)
      out.value |= static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])) << (8 * i);
    return out;
  }

  /// "YUYV"; what isn't printable is a '?'.
  std::string to_string() const;

  friend bool operator==(FourCc, FourCc) = default;
};

inline constexpr FourCc kMjpeg = FourCc::of("MJPG");
inline constexpr FourCc kJpeg = FourCc::of("JPEG");
inline constexpr FourCc kH264 = FourCc::of("H264");

/// Whether pictures of that form can be read at all.
bool is_readable(FourCc fourcc);

struct CameraFormat {
  FourCc fourcc;
  codec::Size size;
  double fps = 0;

  friend bool operator==(const CameraFormat&, const CameraFormat&) = default;
};

/// The one nearest to the wish: first in rate and size, and then what costs the least to convert.
/// H.264 only if the wish allows it, and only in the very size, but then before everything else.
/// @return nothing if none can be read
std::optional<CameraFormat> choose(std::span<const CameraFormat> formats, const VideoWish& wish);

}  // namespace duet::device
