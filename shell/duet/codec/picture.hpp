// SPDX-License-Identifier: MIT
// A picture as cameras give it, encoders take it and windows show it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace duet::codec {

struct Size {
  int width = 0;
  int height = 0;

  friend bool operator==(const Size&, const Size&) = default;
};

/// Sides that are taken in, in pixels: 8K and what phones turn upright.
inline constexpr int kMaxSide = 8192;

/// Pixels of a picture that codecs make room for: what nobody's camera exceeds, and what does not
/// let one packet of a stranger claim gigabytes.
inline constexpr std::int64_t kMaxArea = std::int64_t{4096} * 4096;

/// 8 bits, 4:2:0, three planes (I420), limited range of BT.601 up to 576 lines and of BT.709 above.
/// Lines of a plane follow each other after `stride` bytes. Odd sides have chroma planes rounded
/// up. Made by one, then shared by many and changed by nobody.
class Picture {
 public:
  enum class Plane : std::uint8_t { Y, U, V };

  /// Its bytes are not set.
  /// @param size  both sides in [1, kMaxSide]
  static std::shared_ptr<Picture> make(Size size);

  /// Planes that are somebody else's; `owner` keeps them, and is kept as long as the picture.
  static std::shared_ptr<const Picture> wrap(Size size, std::array<const std::uint8_t*, 3> planes,
                                             std::array<int, 3> strides,
                                             std::shared_ptr<const void> owner);

  Size size() const { return size_; }

  Size size(Plane plane) const;

  int stride(Plane plane) const { return strides_[index(plane)]; }

  /// Not of a picture that wraps another's planes.
  std::uint8_t* data(Plane plane) { return const_cast<std::uint8_t*>(planes_[index(plane)]); }

  const std::uint8_t* data(Plane plane) const { return planes_[index(plane)]; }

 private:
  struct Key {};

  static std::size_t index(Plane plane) { return static_cast<std::size_t>(plane); }

 public:
  Picture(Key, Size size, std::array<const std::uint8_t*, 3> planes, std::array<int, 3> strides,
          std::shared_ptr<const void> owner);

 private:
  Size size_;
  std::array<const std::uint8_t*, 3> planes_;
  std::array<int, 3> strides_;
  std::shared_ptr<const void> owner_;
};

using PicturePtr = std::shared_ptr<const Picture>;

/// The same picture at another size (libyuv, box filter). Itself if it has that size.
PicturePtr scaled(const PicturePtr& picture, Size size);

/// Peak signal-to-noise ratio of the luma planes in dB, at most 100; both of one size.
double psnr(const Picture& a, const Picture& b);

}  // namespace duet::codec
