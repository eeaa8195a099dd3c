// SPDX-License-Identifier: MIT
// VP8 and VP9 by libvpx: decoding.
#include <duet/codec/picture_memory.hpp>
#include <duet/codec/video_libraries.hpp>

#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include <utility>

namespace duet::codec {
namespace {

struct Destroy {
  void operator()(vpx_codec_ctx_t* context) const {
    vpx_codec_destroy(context);
    delete context;
  }
};

using ContextPtr = std::unique_ptr<vpx_codec_ctx_t, Destroy>;

/// VP9 decodes into memory of ours, which a picture then shares instead of copying it. A frame in
/// mid-stream may state any size: what would be far too large gets none.
using Memory = std::shared_ptr<std::uint8_t>;
constexpr std::size_t kMostMemory = 2 * static_cast<std::size_t>(kMaxArea);  // with edges

int take_memory(void* /*none of ours*/, std::size_t size, vpx_codec_frame_buffer_t* buffer) {
  if (size > kMostMemory) return -1;
  auto memory = std::make_unique<Memory>(take_picture_memory(size));
  buffer->data = memory->get();
  buffer->size = size;
  buffer->priv = memory.release();
  return 0;
}

int give_back(void* /*none of ours*/, vpx_codec_frame_buffer_t* buffer) {
  delete static_cast<Memory*>(std::exchange(buffer->priv, nullptr));
  return 0;
}

class VpxDecoder : public VideoDecoder {
 public:
  explicit VpxDecoder(media::Codec codec) : codec_{codec} {}

  /// Whether it could be made.
  bool open();

  Result<std::optional<PicturePtr>, DecoderError> decode(const media::EncodedFrame& frame) override;

  std::string_view implementation() const override { return "libvpx"; }

 private:
  vpx_codec_iface_t* library() const {
    return codec_ == media::Codec::Vp8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
  }

  Result<std::optional<PicturePtr>, DecoderError> decode_bytes(const media::EncodedFrame& frame);

  media::Codec codec_;
  ContextPtr context_;
  bool needs_key_ = true;
};

bool VpxDecoder::open() {
  vpx_codec_dec_cfg_t config{};
  config.threads = 1;
  ContextPtr context{new vpx_codec_ctx_t{}};
  if (vpx_codec_dec_init(context.get(), library(), &config, 0) != VPX_CODEC_OK) {
    return false;
  }
  // VP8's library knows no such thing.
  if (codec_ == media::Codec::Vp9 &&
      vpx_codec_set_frame_buffer_functions(context.get(), take_memory, give_back, nullptr) !=
          VPX_CODEC_OK) {
    return false;
  }
  context_ = std::move(context);
  return true;
}

Result<std::optional<PicturePtr>, DecoderError> VpxDecoder::decode(
    const media::EncodedFrame& frame) {
  if (needs_key_ && !frame.is_key) return fail(DecoderError::NeedsKey);
  auto result = decode_bytes(frame);
  needs_key_ = !result;
  return result;
}

Result<std::optional<PicturePtr>, DecoderError> VpxDecoder::decode_bytes(
    const media::EncodedFrame& frame) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.bytes.data());
  const auto size = static_cast<unsigned>(frame.bytes.size());
  if (size == 0) return fail(DecoderError::Empty);
  if (needs_key_ || frame.is_key) {
    vpx_codec_stream_info_t info{};
    info.sz = sizeof info;
    if (vpx_codec_peek_stream_info(library(), bytes, size, &info) != VPX_CODEC_OK ||
        info.is_kf == 0) {
      return fail(DecoderError::NotAKey);
    }
    const Size stated{static_cast<int>(info.w), static_cast<int>(info.h)};
    if (!is_acceptable(stated)) return fail(DecoderError::TooLarge);
  }
  if (vpx_codec_decode(context_.get(), bytes, size, nullptr, 0) != VPX_CODEC_OK) {
    return fail(DecoderError::Damaged);
  }
  int is_corrupt = 0;
  vpx_codec_control(context_.get(), VP8D_GET_FRAME_CORRUPTED, &is_corrupt);
  if (is_corrupt != 0) return fail(DecoderError::Damaged);

  vpx_codec_iter_t iterator = nullptr;
  const vpx_image_t* last = nullptr;
  while (const auto* image = vpx_codec_get_frame(context_.get(), &iterator)) last = image;
  if (last == nullptr) return std::optional<PicturePtr>{};
  if (last->fmt != VPX_IMG_FMT_I420) return fail(DecoderError::WrongFormat);
  const Size shown{static_cast<int>(last->d_w), static_cast<int>(last->d_h)};
  if (!is_acceptable(shown)) return fail(DecoderError::TooLarge);
  const Planes planes{.data = {last->planes[0], last->planes[1], last->planes[2]},
                      .strides = {last->stride[0], last->stride[1], last->stride[2]}};
  if (codec_ == media::Codec::Vp8) return copy_of(planes, shown);
  return Picture::wrap(shown, planes.data, planes.strides, *static_cast<Memory*>(last->fb_priv));
}

}  // namespace

DecoderResult make_vpx_decoder(media::Codec codec) {
  auto decoder = std::make_unique<VpxDecoder>(codec);
  if (!decoder->open()) return fail(DecoderError::NotMade);
  return decoder;
}

}  // namespace duet::codec
