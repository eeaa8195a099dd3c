// SPDX-License-Identifier: MIT
// Pictures by libyuv where it knows them, and by libswscale.
#include <duet/device/picture_converter.hpp>
#include <duet/device/wish.hpp>

#include <libyuv/convert.h>
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

/// What libyuv turns into I420 in a moment; nothing for what it doesn't.
std::shared_ptr<Picture> quickly_converted(const AVFrame& frame, AVPixelFormat format) {
  auto out = Picture::make({frame.width, frame.height});
  const auto with_planes = [&](auto convert, auto... planes) {
    return convert(planes..., out->data(Y), out->stride(Y), out->data(U), out->stride(U),
                   out->data(V), out->stride(V), frame.width, frame.height) == 0;
  };
  const auto* const* data = frame.data;
  const int* lines = frame.linesize;
  bool done = false;
  switch (format) {
    case AV_PIX_FMT_YUV420P:
      done = with_planes(libyuv::I420Copy, data[0], lines[0], data[1], lines[1], data[2], lines[2]);
      break;
    case AV_PIX_FMT_YUV422P:
      done =
          with_planes(libyuv::I422ToI420, data[0], lines[0], data[1], lines[1], data[2], lines[2]);
      break;
    case AV_PIX_FMT_NV12:
      done = with_planes(libyuv::NV12ToI420, data[0], lines[0], data[1], lines[1]);
      break;
    case AV_PIX_FMT_YUYV422:
      done = with_planes(libyuv::YUY2ToI420, data[0], lines[0]);
      break;
    case AV_PIX_FMT_UYVY422:
      done = with_planes(libyuv::UYVYToI420, data[0], lines[0]);
      break;
    default:
      break;
  }
  return done ? out : nullptr;
}

/// As the frame says, or as is usual for its height.
Matrix frame_matrix(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
      return Matrix::Bt709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return Matrix::Bt601;
    default:
      return matrix_of(frame.height);
  }
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
  const Matrix matrix = frame_matrix(frame);
  if (auto quick = quickly_converted(frame, format))
    return rotated(
        recoloured(codec::scaled(quick, target), matrix, is_full ? Range::Full : Range::Limited),
        rotation_);

  const Colours colours{format, size, target, matrix, is_full};
  if (!scaler_ || colours != colours_) {
    scaler_.reset(sws_getContext(size.width, size.height, format, target.width, target.height,
                                 AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr));
    if (!scaler_) return nullptr;
    constexpr int kOne = 1 << 16;
    const auto coefficients = [](Matrix one) {
      return sws_getCoefficients(one == Matrix::Bt709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    };
    sws_setColorspaceDetails(scaler_.get(), coefficients(matrix), is_full ? 1 : 0,
                             coefficients(matrix_of(target.height)), 0, 0, kOne, kOne);
    colours_ = colours;
  }
  auto out = Picture::make(target);
  const std::array<std::uint8_t*, 4> planes{out->data(Y), out->data(U), out->data(V), nullptr};
  const std::array<int, 4> strides{out->stride(Y), out->stride(U), out->stride(V), 0};
  if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, size.height, planes.data(),
                strides.data()) != target.height)
    return nullptr;
  return rotated(out, rotation_);
}

}  // namespace duet::device
