// SPDX-License-Identifier: MIT
// Whatever a stranger sends, a decoder of pictures answers: with a picture within the bounds,
// nothing, or a sentence; and before a key frame, with a sentence only.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/codec/video_decoder.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace {

using namespace duet;
using codec::Picture;

/// Reads the corners of every plane: a sanitizer says whether they are there.
void look_at(const Picture& picture) {
  const codec::Size size = picture.size();
  DUET_CHECK(size.width > 0 && size.height > 0);
  DUET_CHECK(std::int64_t{size.width} * size.height <= std::int64_t{4096} * 4096);
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const codec::Size part = picture.size(plane);
    const auto* first = picture.data(plane);
    const auto* last = first + std::ptrdiff_t{part.height - 1} * picture.stride(plane);
    volatile int sum = first[0] + first[part.width - 1] + last[0] + last[part.width - 1];
    (void)sum;
  }
}

}  // namespace

/// The codec, then frames: what kind, two bytes of length, bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array kCodecs{media::Codec::Vp8, media::Codec::Vp9, media::Codec::H264,
                               media::Codec::Av1};
  constexpr int kMostFrames = 6;
  fuzz::Input input{data, size};
  const auto codec = kCodecs[input.next() % kCodecs.size()];
  auto decoder = codec::make_video_decoder(codec);
  DUET_CHECK(decoder.has_value());
  bool has_key = false;
  for (int i = 0; i < kMostFrames && !input.empty(); ++i) {
    media::EncodedFrame frame{.codec = codec, .is_key = input.next() % 2 == 0};
    const std::size_t high = input.next();
    frame.bytes = input.take(high * 256 + input.next());
    const auto picture = (*decoder)->decode(frame);
    if (!picture) {
      const bool needs_key = picture.error() == codec::DecoderError::NeedsKey;
      DUET_CHECK(needs_key == (!has_key && !frame.is_key));
      has_key = false;
      continue;
    }
    has_key = has_key || frame.is_key;
    DUET_CHECK(has_key);
    if (*picture) look_at(***picture);
  }
  return 0;
}
