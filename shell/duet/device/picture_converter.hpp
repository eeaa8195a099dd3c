// SPDX-License-Identifier: MIT
// From what FFmpeg's decoders and devices give to a Picture. For .cpp files of this folder alone.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/device/ffmpeg.hpp>
#include <duet/device/recolour.hpp>

namespace duet::device {

/// Keeps what it needs from one picture to the next of the same kind. One thread's.
class PictureConverter {
 public:
  /// @param box       the picture fits into it
  /// @param rotation  clockwise, to be applied to what comes: 0, 90, 180 or 270
  explicit PictureConverter(codec::Size box, int rotation = 0) : box_{box}, rotation_{rotation} {}

  /// @param frame  of any pixel format that libswscale reads; pixels that aren't square become so
  /// @return nothing for what has no size, or one above codec::kMaxSide, or can't be converted
  codec::PicturePtr convert(const AVFrame& frame);

 private:
  /// What the scaler was made for.
  struct Colours {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    codec::Size from;
    codec::Size to;
    Matrix matrix = Matrix::Bt601;
    bool is_full = false;

    friend bool operator==(const Colours&, const Colours&) = default;
  };

  codec::Size box_;
  int rotation_;
  ScalerPtr scaler_;
  Colours colours_;
};

/// What convert() makes of such pictures.
codec::Size converted_size(codec::Size size, AVRational pixel_shape, int rotation, codec::Size box);

}  // namespace duet::device
