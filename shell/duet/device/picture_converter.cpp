// SPDX-License-Identifier: MIT
// Pictures by libswscale; scaled and turned by libyuv where they are I420 already.
#include <duet/device/picture_converter.hpp>
#include <duet/device/wish.hpp>

#include <libyuv/planar_functions.h>
#include <libyuv/rotate.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace duet::device {
namespace {

using codec::Picture;
using codec::Size;
using enum Picture::Plane;

constexpr int kMaxSdHeight = 576;  // above, colours are BT.709 (picture.hpp)

bool is_usable(Size size) {
  return size.width > 0 && size.height > 0 && size.width <= codec::kMaxSide &&
         size.height <= codec::kMaxSide;
}

/// The formats of old that say "full range" in their name.
AVPixelFormat without_range(int format, bool& is_full) {
  const auto was = static_cast<AVPixelFormat>(format);
  is_full |= was == AV_PIX_FMT_YUVJ420P || was == AV_PIX_FMT_YUVJ422P ||
             was == AV_PIX_FMT_YUVJ444P || was == AV_PIX_FMT_YUVJ440P;
  switch (was) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    default:
      return was;
  }
}

std::shared_ptr<Picture> copied(const AVFrame& frame) {
  auto out = Picture::make({frame.width, frame.height});
  libyuv::I420Copy(frame.data[0], frame.linesize[0], frame.data[1], frame.linesize[1],
                   frame.data[2], frame.linesize[2], out->data(Y), out->stride(Y), out->data(U),
                   out->stride(U), out->data(V), out->stride(V), frame.width, frame.height);
  return out;
}

codec::PicturePtr rotated(const codec::PicturePtr& picture, int rotation) {
  if (rotation == 0) return picture;
  const Size size = picture->size();
  auto out = Picture::make(rotation == 180 ? size : Size{size.height, size.width});
  libyuv::I420Rotate(picture->data(Y), picture->stride(Y), picture->data(U), picture->stride(U),
                     picture->data(V), picture->stride(V), out->data(Y), out->stride(Y),
                     out->data(U), out->stride(U), out->data(V), out->stride(V), size.width,
                     size.height, static_cast<libyuv::RotationMode>(rotation));
  return out;
}

}  // namespace

Size fitted(Size source, Size box) {
  const double scale = std::min({1.0, static_cast<double>(box.width) / source.width,
                                 static_cast<double>(box.height) / source.height});
  const auto side = [&](int length) {
    return std::max(2, 2 * static_cast<int>(std::lround(length * scale / 2)));
  };
  return {side(source.width), side(source.height)};
}

Size converted_size(Size size, AVRational pixel_shape, int rotation, Size box) {
  if (pixel_shape.num > 0 && pixel_shape.den > 0 && pixel_shape.num != pixel_shape.den) {
    const double shape = std::clamp(av_q2d(pixel_shape), 0.1, 10.0);
    size.width = std::max(1, static_cast<int>(std::lround(size.width * shape)));
  }
  if (rotation % 180 != 0) std::swap(size.width, size.height);
  return fitted(size, box);
}

codec::PicturePtr PictureConverter::convert(const AVFrame& frame) {
  const Size size{frame.width, frame.height};
  if (!is_usable(size)) return nullptr;
  Size target = converted_size(size, frame.sample_aspect_ratio, rotation_, box_);
  if (rotation_ % 180 != 0) std::swap(target.width, target.height);
  bool is_full = frame.color_range == AVCOL_RANGE_JPEG;
  const AVPixelFormat format = without_range(frame.format, is_full);
  if (format == AV_PIX_FMT_YUV420P && !is_full)
    return rotated(codec::scaled(copied(frame), target), rotation_);

  scaler_.reset(sws_getCachedContext(scaler_.release(), size.width, size.height, format,
                                     target.width, target.height, AV_PIX_FMT_YUV420P, SWS_BILINEAR,
                                     nullptr, nullptr, nullptr));
  if (!scaler_) return nullptr;
  const int* from = sws_getCoefficients(
      frame.colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : frame.colorspace);
  const int* to = sws_getCoefficients(target.height > kMaxSdHeight ? SWS_CS_ITU709 : SWS_CS_ITU601);
  constexpr int kOne = 1 << 16;
  sws_setColorspaceDetails(scaler_.get(), from, is_full ? 1 : 0, to, 0, 0, kOne, kOne);
  auto out = Picture::make(target);
  const std::array<std::uint8_t*, 4> planes{out->data(Y), out->data(U), out->data(V), nullptr};
  const std::array<int, 4> strides{out->stride(Y), out->stride(U), out->stride(V), 0};
  if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, size.height, planes.data(),
                strides.data()) != target.height)
    return nullptr;
  return rotated(out, rotation_);
}

}  // namespace duet::device
