// SPDX-License-Identifier: MIT
// A picture as cameras give it, encoders take it and windows show it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace duet::codec {

struct Size {
  int width = 0;
  int height = 0;

  friend bool operator==(const Size&, const Size&) = default;
};

/// Sides that are taken in, in pixels: 8K and what phones turn upright.
inline constexpr int kMaxSide = 8192;

/// 8 bits, 4:2:0, three planes (I420), limited range of BT.601 up to 576 lines and of BT.709 above.
/// Lines of a plane follow each other after `stride` bytes. Odd sides have chroma planes rounded
/// up. Made by one, then shared by many and changed by nobody.
class Picture {
 public:
  enum class Plane : std::uint8_t { Y, U, V };

  /// Its bytes are not set.
  /// @param size  both sides in [1, kMaxSide]
  static std::shared_ptr<Picture> make(Size size);

  Size size() const { return size_; }

  Size size(Plane plane) const;
  int stride(Plane plane) const;
  std::uint8_t* data(Plane plane);
  const std::uint8_t* data(Plane plane) const;

 private:
  struct Key {};

 public:
  Picture(Key, Size size);

 private:
  std::size_t offset(Plane plane) const;

  Size size_;
  int y_stride_;
  int uv_stride_;
  std::unique_ptr<std::uint8_t[]> bytes_;
};

using PicturePtr = std::shared_ptr<const Picture>;

/// The same picture at another size (libyuv, box filter). Itself if it has that size.
PicturePtr scaled(const PicturePtr& picture, Size size);

/// Peak signal-to-noise ratio of the luma planes in dB, at most 100; both of one size.
double psnr(const Picture& a, const Picture& b);

}  // namespace duet::codec
