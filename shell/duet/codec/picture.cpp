// SPDX-License-Identifier: MIT
// Memory of pictures; scaling and comparing by libyuv.
#include <duet/base/check.hpp>
#include <duet/codec/picture.hpp>

#include <libyuv/compare.h>
#include <libyuv/scale.h>

#include <algorithm>

namespace duet::codec {
namespace {

constexpr int kAlignment = 64;  // of lines, for the vector units

int aligned(int width) { return (width + kAlignment - 1) / kAlignment * kAlignment; }

int half(int side) { return (side + 1) / 2; }

}  // namespace

std::shared_ptr<Picture> Picture::make(Size size) { return std::make_shared<Picture>(Key{}, size); }

Picture::Picture(Key /*only make() has one*/, Size size)
    : size_{size}, y_stride_{aligned(size.width)}, uv_stride_{aligned(half(size.width))} {
  DUET_CHECK(size.width > 0 && size.width <= kMaxSide);
  DUET_CHECK(size.height > 0 && size.height <= kMaxSide);
  const auto end = offset(Plane::V) + static_cast<std::size_t>(uv_stride_) *
                                          static_cast<std::size_t>(half(size.height));
  bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(end);
}

Size Picture::size(Plane plane) const {
  return plane == Plane::Y ? size_ : Size{half(size_.width), half(size_.height)};
}

int Picture::stride(Plane plane) const { return plane == Plane::Y ? y_stride_ : uv_stride_; }

std::uint8_t* Picture::data(Plane plane) { return bytes_.get() + offset(plane); }

const std::uint8_t* Picture::data(Plane plane) const { return bytes_.get() + offset(plane); }

std::size_t Picture::offset(Plane plane) const {
  const auto y = static_cast<std::size_t>(y_stride_) * static_cast<std::size_t>(size_.height);
  const auto uv =
      static_cast<std::size_t>(uv_stride_) * static_cast<std::size_t>(half(size_.height));
  switch (plane) {
    case Plane::Y:
      return 0;
    case Plane::U:
      return y;
    case Plane::V:
      return y + uv;
  }
  return 0;
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
