// SPDX-License-Identifier: MIT
// Which library encodes and decodes which codec.
#include <duet/codec/video_libraries.hpp>

#include <libyuv/planar_functions.h>

namespace duet::codec {

PicturePtr copy_of(const Planes& planes, Size size) {
  auto picture = Picture::make(size);
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const auto i = static_cast<std::size_t>(plane);
    libyuv::CopyPlane(planes.data[i], planes.strides[i], picture->data(plane),
                      picture->stride(plane), picture->size(plane).width,
                      picture->size(plane).height);
  }
  return picture;
}

EncoderResult make_video_encoder(media::Codec codec, const VideoSettings& settings) {
  const auto because = [&](EncoderError::Kind kind) {
    return fail(EncoderError{kind, codec, settings.size, {}, {}});
  };
  if (!is_acceptable(settings.size)) return because(EncoderError::Kind::TooLarge);
  switch (codec) {
    case media::Codec::Vp8:
    case media::Codec::Vp9:
      return make_vpx_encoder(codec, settings);
    case media::Codec::H264:
      return make_h264_encoder(settings);
    case media::Codec::Av1:
      return make_av1_encoder(settings);
    default:
      return because(EncoderError::Kind::UnknownCodec);
  }
}

DecoderResult make_video_decoder(media::Codec codec) {
  switch (codec) {
    case media::Codec::Vp8:
    case media::Codec::Vp9:
      return make_vpx_decoder(codec);
    case media::Codec::H264:
      return make_h264_decoder();
    case media::Codec::Av1:
      return make_av1_decoder();
    default:
      return fail(DecoderError::UnknownCodec);
  }
}

}  // namespace duet::codec
