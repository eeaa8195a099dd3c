// SPDX-License-Identifier: MIT
// Payloads of one picture put together again.
#include <duet/media/frame_builder.hpp>
#include <duet/media/vp8.hpp>
#include <duet/media/vp9.hpp>

namespace duet::media {

Result<VideoPayload, PayloadError> parse_video_payload(Codec codec,
                                                       std::span<const std::byte> payload) {
  switch (codec) {
    case Codec::Vp8:
      return parse_vp8(payload);
    case Codec::Vp9:
      return parse_vp9(payload);
    case Codec::H264:
      return parse_h264(payload);
    case Codec::Av1:
      return parse_av1(payload);
    default:
      return fail(PayloadError::Unsupported);
  }
}

void FrameBuilder::begin(Codec codec, std::vector<std::byte>& out) {
  codec_ = codec;
  out_ = &out;
  out.clear();
  h264_.begin();
  av1_.begin();
}

bool FrameBuilder::add(std::span<const std::byte> data) {
  if (codec_ == Codec::H264) return h264_.add(data, *out_);
  if (codec_ == Codec::Av1) return av1_.add(data, *out_);
  out_->insert(out_->end(), data.begin(), data.end());
  return true;
}

bool FrameBuilder::finish() { return h264_.finish() && av1_.finish() && !out_->empty(); }

}  // namespace duet::media
