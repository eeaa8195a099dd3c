// SPDX-License-Identifier: MIT
// H.264 by openh264: decoding.
#include <duet/codec/video_libraries.hpp>

#include <wels/codec_api.h>

#include <span>
#include <utility>

namespace duet::codec {
namespace {

struct Destroy {
  void operator()(ISVCDecoder* decoder) const {
    decoder->Uninitialize();
    WelsDestroyDecoder(decoder);
  }
};

using LibraryPtr = std::unique_ptr<ISVCDecoder, Destroy>;

/// What the start codes of an access unit say (H.264 §7.3.1, Annex B).
struct Contents {
  bool has_slice = false;
  bool has_wrong_format = false;  ///< a profile of more bits or colours (§A.2)
};

Contents contents_of(std::span<const std::byte> bytes) {
  constexpr auto kStart = std::to_array<std::byte>({std::byte{0}, std::byte{0}, std::byte{1}});
  constexpr int kSequenceParameters = 7;
  Contents contents;
  auto at = bytes.begin();
  while (true) {
    at = std::search(at, bytes.end(), kStart.begin(), kStart.end());
    if (bytes.end() - at < 5) return contents;
    at += 3;
    const int type = std::to_integer<int>(at[0]) & 0x1F;
    if (type >= 1 && type <= 5) contents.has_slice = true;
    if (type != kSequenceParameters) continue;
    const int profile = std::to_integer<int>(at[1]);
    if (profile == 110 || profile == 122 || profile == 244 || profile == 44) {
      contents.has_wrong_format = true;
    }
  }
}

class H264Decoder : public VideoDecoder {
 public:
  /// Whether it could be made.
  bool open();

  Result<std::optional<PicturePtr>, DecoderError> decode(const media::EncodedFrame& frame) override;

  std::string_view implementation() const override { return "OpenH264"; }

 private:
  Result<std::optional<PicturePtr>, DecoderError> decode_bytes(const media::EncodedFrame& frame);

  void take_held(std::array<std::uint8_t*, 3>& planes, SBufferInfo& info);

  LibraryPtr library_;
  bool needs_key_ = true;
  bool is_fresh_ = true;
};

bool H264Decoder::open() {
  ISVCDecoder* made = nullptr;
  if (WelsCreateDecoder(&made) != 0 || made == nullptr) return false;
  LibraryPtr library{made};
  int level = WELS_LOG_QUIET;
  library->SetOption(DECODER_OPTION_TRACE_LEVEL, &level);
  SDecodingParam parameters{};
  parameters.eEcActiveIdc = ERROR_CON_DISABLE;
  parameters.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
  if (library->Initialize(&parameters) != 0) return false;
  library_ = std::move(library);
  is_fresh_ = true;
  return true;
}

Result<std::optional<PicturePtr>, DecoderError> H264Decoder::decode(
    const media::EncodedFrame& frame) {
  if (needs_key_) {
    if (!frame.is_key) return fail(DecoderError::NeedsKey);
    // What an error left behind is nothing to go on with.
    if (!is_fresh_ && !open()) return fail(DecoderError::NotMade);
  }
  is_fresh_ = false;
  auto result = decode_bytes(frame);
  needs_key_ = !result;
  return result;
}

/// Of profiles above baseline the library keeps each picture back for a later one that might come
/// before it. In a call none does, and nothing tells the library so, but the stream's end.
void H264Decoder::take_held(std::array<std::uint8_t*, 3>& planes, SBufferInfo& info) {
  int is_end = 1;
  library_->SetOption(DECODER_OPTION_END_OF_STREAM, &is_end);
  library_->FlushFrame(planes.data(), &info);
  is_end = 0;
  library_->SetOption(DECODER_OPTION_END_OF_STREAM, &is_end);
}

Result<std::optional<PicturePtr>, DecoderError> H264Decoder::decode_bytes(
    const media::EncodedFrame& frame) {
  if (frame.bytes.empty()) return fail(DecoderError::Empty);
  const Contents contents = contents_of(frame.bytes);
  if (contents.has_wrong_format) return fail(DecoderError::WrongFormat);
  std::array<std::uint8_t*, 3> planes{};
  SBufferInfo info{};
  const auto state =
      library_->DecodeFrameNoDelay(reinterpret_cast<const unsigned char*>(frame.bytes.data()),
                                   static_cast<int>(frame.bytes.size()), planes.data(), &info);
  if (state != dsErrorFree) return fail(DecoderError::Damaged);
  if (info.iBufferStatus != 1 && contents.has_slice) take_held(planes, info);
  if (info.iBufferStatus != 1 || planes[0] == nullptr) {
    // It waits for the rest of a slice, and would take the next frame's beginning for it.
    if (contents.has_slice) return fail(DecoderError::Incomplete);
    return std::optional<PicturePtr>{};
  }
  const SSysMEMBuffer& shown = info.UsrData.sSystemBuffer;
  if (shown.iFormat != videoFormatI420) return fail(DecoderError::WrongFormat);
  const Size size{shown.iWidth, shown.iHeight};
  if (!is_acceptable(size)) return fail(DecoderError::TooLarge);
  return copy_of({.data = {planes[0], planes[1], planes[2]},
                  .strides = {shown.iStride[0], shown.iStride[1], shown.iStride[1]}},
                 size);
}

}  // namespace

DecoderResult make_h264_decoder() {
  auto decoder = std::make_unique<H264Decoder>();
  if (!decoder->open()) return fail(DecoderError::NotMade);
  return decoder;
}

}  // namespace duet::codec
