// SPDX-License-Identifier: MIT
// Memory of pictures; scaling and comparing by libyuv.
#include <duet/base/check.hpp>
#include <duet/codec/picture.hpp>
#include <duet/codec/picture_memory.hpp>

#include <libyuv/compare.h>
#include <libyuv/scale.h>

#include <algorithm>
#include <utility>

namespace duet::codec {
namespace {

constexpr int kAlignment = 64;  // of lines, for the vector units

int aligned(int width) { return (width + kAlignment - 1) / kAlignment * kAlignment; }

int half(int side) { return (side + 1) / 2; }

std::size_t area(int width, int height) {
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

}  // namespace

std::shared_ptr<Picture> Picture::make(Size size) {
  DUET_CHECK(size.width > 0 && size.width <= kMaxSide);
  DUET_CHECK(size.height > 0 && size.height <= kMaxSide);
  const int luma = aligned(size.width);
  const int chroma = aligned(half(size.width));
  const std::size_t luma_size = area(luma, size.height);
  const std::size_t chroma_size = area(chroma, half(size.height));
  const auto memory = take_picture_memory(luma_size + 2 * chroma_size);
  const std::uint8_t* first = memory.get();
  return std::make_shared<Picture>(
      Key{}, size, std::array{first, first + luma_size, first + luma_size + chroma_size},
      std::array{luma, chroma, chroma}, memory);
}

PicturePtr Picture::wrap(Size size, std::array<const std::uint8_t*, 3> planes,
                         std::array<int, 3> strides, std::shared_ptr<const void> owner) {
  return std::make_shared<const Picture>(Key{}, size, planes, strides, std::move(owner));
}

Picture::Picture(Key /*only make() and wrap() have one*/, Size size,
                 std::array<const std::uint8_t*, 3> planes, std::array<int, 3> strides,
                 std::shared_ptr<const void> owner)
    : size_{size}, planes_{planes}, strides_{strides}, owner_{std::move(owner)} {}

Size Picture::size(Plane plane) const {
  return plane == Plane::Y ? size_ : Size{half(size_.width), half(size_.height)};
}

PicturePtr scaled(const PicturePtr& picture, Size size) {
  using enum Picture::Plane;
  if (picture->size() == size) return picture;
  auto out = Picture::make(size);
  libyuv::I420Scale(picture->data(Y), picture->stride(Y), picture->data(U), picture->stride(U),
                    picture->data(V), picture->stride(V), picture->size().width,
                    picture->size().height, out->data(Y), out->stride(Y), out->data(U),
                    out->stride(U), out->data(V), out->stride(V), size.width, size.height,
                    libyuv::kFilterBox);
  return out;
}

double psnr(const Picture& a, const Picture& b) {
  using enum Picture::Plane;
  DUET_CHECK(a.size() == b.size());
  constexpr double kIdentical = 100;
  return std::min(kIdentical, libyuv::CalcFramePsnr(a.data(Y), a.stride(Y), b.data(Y), b.stride(Y),
                                                    a.size().width, a.size().height));
}

}  // namespace duet::codec
