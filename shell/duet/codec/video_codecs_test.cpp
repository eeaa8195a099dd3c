// SPDX-License-Identifier: MIT
// What every encoder and decoder of pictures must do, by each library.
#include <duet/codec/video_decoder.hpp>
#include <duet/codec/video_encoder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

namespace duet::codec {
namespace {

using media::Codec;
using media::EncodedFrame;

constexpr int kFps = 30;

rtp::Timestamp timestamp_of(int number) {
  return rtp::Timestamp{static_cast<std::uint32_t>(number * 90'000 / kFps)};
}

using Tile = std::array<std::array<std::uint8_t, 256>, 256>;

/// Waves that fit together at all sides.
Tile make_tile() {
  Tile tile;
  for (std::size_t y = 0; y < tile.size(); ++y) {
    for (std::size_t x = 0; x < tile.size(); ++x) {
      const double a = static_cast<double>(x) * std::numbers::pi / 128;
      const double b = static_cast<double>(y) * std::numbers::pi / 128;
      const double level = 120 + 40 * std::sin(2 * a + 3 * b) + 30 * std::cos(5 * b - a) +
                           6 * std::sin(31 * a) * std::cos(23 * b);
      tile[y][x] = static_cast<std::uint8_t>(level);
    }
  }
  return tile;
}

/// Soft shapes that wander, a bar that runs over them, and grain as of a cheap camera: something to
/// predict, and always something new.
PicturePtr moving_picture(Size size, int number) {
  static const Tile tile = make_tile();
  auto picture = Picture::make(size);
  auto noise = static_cast<std::uint32_t>(number) + 1;
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const Size part = picture->size(plane);
    for (int y = 0; y < part.height; ++y) {
      auto* line = picture->data(plane) + std::ptrdiff_t{y} * picture->stride(plane);
      const auto& row = tile[static_cast<std::size_t>(y + number) % 256];
      for (int x = 0; x < part.width; ++x) {
        noise = noise * 1'664'525 + 1'013'904'223;
        const auto level = row[static_cast<std::size_t>(x + 3 * number) % 256];
        line[x] = static_cast<std::uint8_t>(level + (noise >> 30));
      }
    }
  }
  const int bar = 8 * number % std::max(1, size.width - 16);
  for (int y = size.height / 4; y < size.height / 2; ++y) {
    auto* luma = picture->data(Picture::Plane::Y);
    std::fill_n(luma + std::ptrdiff_t{y} * picture->stride(Picture::Plane::Y) + bar, 16, 235);
  }
  return picture;
}

std::unique_ptr<VideoEncoder> encoder_of(Codec codec, const VideoSettings& settings) {
  auto made = make_video_encoder(codec, settings);
  if (!made) {
    ADD_FAILURE() << made.error().reason;
    std::abort();
  }
  return std::move(*made);
}

std::unique_ptr<VideoDecoder> decoder_of(Codec codec) {
  auto made = make_video_decoder(codec);
  if (!made) {
    ADD_FAILURE() << static_cast<int>(made.error());
    std::abort();
  }
  return std::move(*made);
}

/// An encoder, and the number of the next picture.
class Filming {
 public:
  Filming(Codec codec, VideoSettings settings)
      : settings_{settings}, encoder_{encoder_of(codec, settings)} {}

  EncodedFrame next(FrameKind kind = FrameKind::Any) {
    source_ = moving_picture(settings_.size, number_);
    auto frame = encoder_->encode(source_, timestamp_of(number_), kind);
    ++number_;
    if (!frame) ADD_FAILURE() << frame.error().reason;
    if (!frame || !*frame) return {};
    return std::move(**frame);
  }

  void set(const VideoSettings& settings) {
    settings_ = settings;
    encoder_->configure(settings);
  }

  VideoSettings settings() const { return settings_; }

  const PicturePtr& source() const { return source_; }

 private:
  VideoSettings settings_;
  std::unique_ptr<VideoEncoder> encoder_;
  int number_ = 0;
  PicturePtr source_;
};

PicturePtr decoded(VideoDecoder& decoder, const EncodedFrame& frame) {
  const auto picture = decoder.decode(frame);
  if (!picture) {
    ADD_FAILURE() << static_cast<int>(picture.error());
    return nullptr;
  }
  return picture->value_or(nullptr);
}

std::vector<EncodedFrame> filmed(Codec codec, Size size, int count) {
  Filming filming{codec, {.size = size}};
  std::vector<EncodedFrame> frames;
  for (int i = 0; i < count; ++i) frames.push_back(filming.next());
  return frames;
}

class VideoCodec : public testing::TestWithParam<Codec> {};

void expect_pictures_come_back(Codec codec, Size size) {
  Filming filming{codec, {.size = size, .fps = kFps, .rate_bps = 1'500'000}};
  const auto decoder = decoder_of(codec);
  for (int i = 0; i < 60; ++i) {
    SCOPED_TRACE(i);
    const auto frame = filming.next(i == 40 ? FrameKind::Key : FrameKind::Any);
    EXPECT_EQ(frame.is_key, i == 0 || i == 40);
    EXPECT_EQ(frame.timestamp, timestamp_of(i));
    EXPECT_EQ(frame.codec, codec);
    const auto picture = decoded(*decoder, frame);
    ASSERT_TRUE(picture);
    ASSERT_EQ(picture->size(), size);
    EXPECT_GT(psnr(*picture, *filming.source()), 30);
  }
}

TEST_P(VideoCodec, BringsPicturesBackThatResembleTheirSources) {
  expect_pictures_come_back(GetParam(), {640, 360});
}

TEST_P(VideoCodec, DoesSoAt720Lines) { expect_pictures_come_back(GetParam(), {1280, 720}); }

TEST_P(VideoCodec, FollowsTheRateDownAndUp) {
  Filming filming{GetParam(), {.size = {640, 360}, .fps = kFps, .rate_bps = 1'500'000}};
  for (const std::uint64_t rate : {1'500'000U, 400'000U, 1'500'000U}) {
    SCOPED_TRACE(rate);
    auto settings = filming.settings();
    settings.rate_bps = rate;
    filming.set(settings);
    double bits = 0;
    for (int i = 0; i < 3 * kFps; ++i)
      bits += 8.0 * static_cast<double>(filming.next().bytes.size());
    EXPECT_NEAR(bits / 3 / static_cast<double>(rate), 1, 0.15);
  }
}

TEST_P(VideoCodec, BeginsWithAKeyFrameThatASmallPartOfASecondCarries) {
  for (const auto& [size, rate] :
       {std::pair{Size{480, 270}, 300'000}, {Size{1280, 720}, 2'000'000}}) {
    Filming filming{GetParam(), {.size = size, .fps = kFps, .rate_bps = std::uint64_t(rate)}};
    const auto first = filming.next();
    EXPECT_TRUE(first.is_key);
    // openh264's is larger (h264_encoder.cpp).
    const double most = GetParam() == Codec::H264 ? 0.27 : 0.17;
    EXPECT_LT(8.0 * static_cast<double>(first.bytes.size()), most * rate);
  }
}

TEST_P(VideoCodec, UsesARateThatRisesAtOnce) {
  Filming filming{GetParam(), {.size = {640, 360}, .fps = kFps, .rate_bps = 700'000}};
  for (int i = 0; i < 3 * kFps; ++i) filming.next();
  auto settings = filming.settings();
  settings.rate_bps = 1'500'000;
  filming.set(settings);
  double bits = 0;
  constexpr int kPictures = 9;  // 0.3 s
  for (int i = 0; i < kPictures; ++i)
    bits += 8.0 * static_cast<double>(filming.next().bytes.size());
  EXPECT_NEAR(bits * kFps / kPictures / 1'500'000, 1, 0.12);
}

TEST_P(VideoCodec, ChangesSizeInMidStreamWithAKeyFrame) {
  Filming filming{GetParam(), {.size = {640, 360}}};
  const auto decoder = decoder_of(GetParam());
  for (const Size size : {Size{640, 360}, Size{320, 180}, Size{960, 540}}) {
    auto settings = filming.settings();
    settings.size = size;
    filming.set(settings);
    for (int i = 0; i < 5; ++i) {
      const auto frame = filming.next();
      EXPECT_EQ(frame.is_key, i == 0);
      const auto picture = decoded(*decoder, frame);
      ASSERT_TRUE(picture);
      EXPECT_EQ(picture->size(), size);
      EXPECT_GT(psnr(*picture, *filming.source()), 28);
    }
  }
}

TEST_P(VideoCodec, ScalesWhatHasAnotherSizeThanAskedFor) {
  const auto encoder = encoder_of(GetParam(), {.size = {320, 180}});
  const auto frame =
      encoder->encode(moving_picture({640, 360}, 0), timestamp_of(0), FrameKind::Any);
  ASSERT_TRUE(frame && *frame);
  const auto decoder = decoder_of(GetParam());
  EXPECT_EQ(decoded(*decoder, **frame)->size(), (Size{320, 180}));
}

TEST_P(VideoCodec, TakesOddSides) {
  // H.264 says its size in steps of two.
  const bool is_even = GetParam() == Codec::H264;
  const Size made = is_even ? Size{320, 180} : Size{321, 181};
  Filming filming{GetParam(), {.size = {321, 181}}};
  const auto decoder = decoder_of(GetParam());
  for (int i = 0; i < 5; ++i) {
    const auto picture = decoded(*decoder, filming.next());
    ASSERT_TRUE(picture);
    ASSERT_EQ(picture->size(), made);
    EXPECT_GT(psnr(*picture, *scaled(filming.source(), made)), 28);
  }
}

TEST_P(VideoCodec, DecodesNothingBeforeAKeyFrame) {
  Filming filming{GetParam(), {.size = {320, 180}}};
  filming.next();
  const auto decoder = decoder_of(GetParam());
  EXPECT_FALSE(decoder->decode(filming.next()));
  EXPECT_FALSE(decoder->decode(filming.next()));
  EXPECT_TRUE(decoded(*decoder, filming.next(FrameKind::Key)));
  EXPECT_TRUE(decoded(*decoder, filming.next()));
}

TEST_P(VideoCodec, SurvivesRubbishAndGoesOnAtTheNextKeyFrame) {
  Filming filming{GetParam(), {.size = {320, 180}}};
  const auto decoder = decoder_of(GetParam());
  ASSERT_TRUE(decoded(*decoder, filming.next()));
  std::uint32_t noise = 1;
  for (int i = 0; i < 200; ++i) {
    EncodedFrame frame{.codec = GetParam(), .is_key = i % 2 == 0};
    for (int byte = 0; byte < i; ++byte) {
      noise = noise * 1'664'525 + 1'013'904'223;
      frame.bytes.push_back(static_cast<std::byte>(noise >> 24));
    }
    // By chance, some are frames.
    (void)decoder->decode(frame);
  }
  const auto picture = decoded(*decoder, filming.next(FrameKind::Key));
  ASSERT_TRUE(picture);
  EXPECT_GT(psnr(*picture, *filming.source()), 28);
}

TEST_P(VideoCodec, SurvivesTruncatedFrames) {
  const auto frames = filmed(GetParam(), {320, 180}, 6);
  for (const auto& whole : frames) {
    for (std::size_t size = 0; size < whole.bytes.size(); size += 1 + whole.bytes.size() / 16) {
      SCOPED_TRACE(std::to_string(size) + " of " + std::to_string(whole.bytes.size()));
      const auto decoder = decoder_of(GetParam());
      if (!whole.is_key) {
        ASSERT_TRUE(decoded(*decoder, frames.front()));
      }
      auto part = whole;
      part.bytes.resize(size);
      (void)decoder->decode(part);
      ASSERT_TRUE(decoded(*decoder, frames.front()));
    }
  }
}

TEST_P(VideoCodec, SurvivesFramesAfterOneThatIsMissing) {
  const auto frames = filmed(GetParam(), {320, 180}, 20);
  const auto decoder = decoder_of(GetParam());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (i != 7) (void)decoder->decode(frames[i]);
  }
  ASSERT_TRUE(decoded(*decoder, frames.front()));
}

INSTANTIATE_TEST_SUITE_P(All, VideoCodec,
                         testing::Values(Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1),
                         [](const auto& param) { return std::string{name_of(param.param)}; });

/// Three pictures of 32x32, all grey, of main profile (H.264 §A.2.2), as cameras and other programs
/// make them.
TEST(VideoCodecs, ShowPicturesAboveBaselineAtOnce) {
  const std::vector<std::vector<std::uint8_t>> frames{
      {0x00, 0x00, 0x00, 0x01, 0x67, 0x4D, 0x40, 0x0A, 0xD9, 0x09, 0x6C, 0x04, 0x40, 0x00,
       0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0F, 0x03, 0xC4, 0x89, 0x92, 0x00, 0x00, 0x00,
       0x01, 0x68, 0xEB, 0xC3, 0xCB, 0x20, 0x00, 0x00, 0x01, 0x65, 0x88, 0x84, 0x0B, 0xFF,
       0xFE, 0xF6, 0xAE, 0xFC, 0xDC, 0x54, 0xA9, 0x66, 0xAC, 0x2A, 0x7D},
      {0x00, 0x00, 0x00, 0x01, 0x41, 0x9A, 0x3B, 0x10, 0xAF, 0xFE, 0x56},
      {0x00, 0x00, 0x00, 0x01, 0x41, 0x9A, 0x4F, 0x08, 0x64, 0xCA, 0x61, 0x09, 0xFF, 0xFE, 0x4F}};
  const auto decoder = decoder_of(Codec::H264);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    SCOPED_TRACE(i);
    EncodedFrame frame{.codec = Codec::H264, .is_key = i == 0};
    for (const auto byte : frames[i]) frame.bytes.push_back(std::byte{byte});
    const auto picture = decoded(*decoder, frame);
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->size(), (Size{32, 32}));
    EXPECT_NEAR(*picture->data(Picture::Plane::Y), 126, 2);
  }
}

TEST(VideoCodecs, RefuseWhatIsNoPicture) {
  EXPECT_FALSE(make_video_decoder(Codec::Opus));
  EXPECT_FALSE(make_video_encoder(Codec::Opus, {.size = {320, 180}}));
  EXPECT_FALSE(make_video_encoder(Codec::Vp8, {.size = {0, 180}}));
  EXPECT_FALSE(make_video_encoder(Codec::Vp8, {.size = {8192, 8192}}));
}

}  // namespace
}  // namespace duet::codec
