// SPDX-License-Identifier: MIT
// AV1 by dav1d: decoding.
#include <duet/codec/video_libraries.hpp>

#include <dav1d/dav1d.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace duet::codec {
namespace {

struct Close {
  void operator()(Dav1dContext* context) const { dav1d_close(&context); }
};

using ContextPtr = std::unique_ptr<Dav1dContext, Close>;

/// The library's picture: one reference to its memory.
class Reference {
 public:
  Reference() = default;

  ~Reference() { dav1d_picture_unref(&picture); }

  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  Dav1dPicture picture{};
};

/// Bytes on their way into the library.
class Input {
 public:
  explicit Input(std::span<const std::byte> bytes) {
    if (auto* memory = dav1d_data_create(&data, bytes.size())) {
      std::memcpy(memory, bytes.data(), bytes.size());
    }
  }

  ~Input() { dav1d_data_unref(&data); }

  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  Dav1dData data{};
};

class Av1Decoder : public VideoDecoder {
 public:
  /// Whether it could be made.
  bool open();

  Result<std::optional<PicturePtr>, DecoderError> decode(const media::EncodedFrame& frame) override;

  std::string_view implementation() const override { return "dav1d"; }

 private:
  Result<std::optional<PicturePtr>, DecoderError> decode_bytes(const media::EncodedFrame& frame);
  /// The last picture that is ready; null if there is none.
  Result<std::shared_ptr<Reference>, DecoderError> take_picture();

  ContextPtr context_;
  bool needs_key_ = true;
};

bool Av1Decoder::open() {
  Dav1dSettings settings;
  dav1d_default_settings(&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.all_layers = 0;
  settings.frame_size_limit = static_cast<unsigned>(kMaxArea);
  settings.logger.callback = nullptr;
  Dav1dContext* made = nullptr;
  if (dav1d_open(&made, &settings) != 0) return false;
  context_.reset(made);
  return true;
}

Result<std::optional<PicturePtr>, DecoderError> Av1Decoder::decode(
    const media::EncodedFrame& frame) {
  if (needs_key_ && !frame.is_key) return fail(DecoderError::NeedsKey);
  auto result = decode_bytes(frame);
  needs_key_ = !result;
  if (needs_key_) dav1d_flush(context_.get());
  return result;
}

Result<std::shared_ptr<Reference>, DecoderError> Av1Decoder::take_picture() {
  std::shared_ptr<Reference> last;
  while (true) {
    auto next = std::make_shared<Reference>();
    const int status = dav1d_get_picture(context_.get(), &next->picture);
    if (status == DAV1D_ERR(EAGAIN)) return last;
    if (status != 0) return fail(DecoderError::Damaged);
    last = std::move(next);
  }
}

Result<std::optional<PicturePtr>, DecoderError> Av1Decoder::decode_bytes(
    const media::EncodedFrame& frame) {
  if (frame.bytes.empty()) return fail(DecoderError::Empty);
  Input input{frame.bytes};
  std::shared_ptr<Reference> last;
  while (input.data.sz > 0) {
    const int status = dav1d_send_data(context_.get(), &input.data);
    if (status != 0 && status != DAV1D_ERR(EAGAIN)) return fail(DecoderError::Damaged);
    auto taken = take_picture();
    if (!taken) return fail(taken.error());
    // Neither takes nor gives: it never will.
    if (status != 0 && !*taken) return fail(DecoderError::Damaged);
    if (*taken) last = std::move(*taken);
  }
  if (!last) return std::optional<PicturePtr>{};
  const Dav1dPicture& picture = last->picture;
  if (picture.p.bpc != 8 || picture.p.layout != DAV1D_PIXEL_LAYOUT_I420)
    return fail(DecoderError::WrongFormat);
  const Size size{picture.p.w, picture.p.h};
  if (!is_acceptable(size)) return fail(DecoderError::TooLarge);
  const auto plane = [&](std::size_t i) {
    return static_cast<const std::uint8_t*>(picture.data[i]);
  };
  const auto luma = static_cast<int>(picture.stride[0]);
  const auto chroma = static_cast<int>(picture.stride[1]);
  return Picture::wrap(size, {plane(0), plane(1), plane(2)}, {luma, chroma, chroma}, last);
}

}  // namespace

DecoderResult make_av1_decoder() {
  auto decoder = std::make_unique<Av1Decoder>();
  if (!decoder->open()) return fail(DecoderError::NotMade);
  return decoder;
}

}  // namespace duet::codec
