// SPDX-License-Identifier: MIT
// Cameras, fed with images that FFmpeg made: this machine need not have one.
#include <duet/device/camera.hpp>
#include <duet/device/camera_feed.hpp>
#include <duet/device/encode_for_test.hpp>
#include <duet/device/stream_head.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>

namespace duet::device {
namespace {

using codec::Picture;
using codec::PicturePtr;
using codec::Size;
using Bytes = std::vector<std::byte>;
using enum Picture::Plane;

constexpr Instant kStart{1s};

/// A feed of images that are there from the beginning.
class FakeFeed final : public CameraFeed {
 public:
  FakeFeed(RawFormat format, int& key_frame_requests)
      : format_{format}, requests_{key_frame_requests} {}

  void add(Bytes bytes, std::uint32_t sequence) {
    images_.emplace_back(std::move(bytes), sequence);
  }

  RawFormat format() const override { return format_; }

  std::optional<Image> next() override {
    if (images_.empty()) return std::nullopt;
    last_ = std::move(images_.front());
    images_.pop_front();
    return Image{last_.first, kStart + last_.second * 33ms, last_.second};
  }

  void interrupt() override { images_.clear(); }

  std::optional<Error> error() const override { return kUnplugged; }

  static inline const CameraError kUnplugged{CameraError::Kind::Unplugged, "fake"};

  void request_key_frame() override { ++requests_; }

 private:
  RawFormat format_;
  int& requests_;
  std::deque<std::pair<Bytes, std::uint32_t>> images_;
  std::pair<Bytes, std::uint32_t> last_;
};

/// The left half red, the right half blue, as FFmpeg writes it.
Bytes image(const std::string& pixel_format, Size size, const std::string& codec = "rawvideo") {
  const auto side = std::to_string(size.width) + "x" + std::to_string(size.height);
  const std::string command =
      "ffmpeg -v error -f lavfi -i color=red:s=" + side +
      ":r=1,drawbox=x=iw/2:w=iw/2:h=ih:t=fill:c=blue -frames:v 1 -q:v 2 -pix_fmt " + pixel_format +
      " -c:v " + codec + " -f image2pipe -";
  FILE* pipe = ::popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  Bytes out;
  for (int c; (c = std::fgetc(pipe)) != EOF;) out.push_back(static_cast<std::byte>(c));
  EXPECT_EQ(::pclose(pipe), 0);
  return out;
}

int at(const Picture& picture, Picture::Plane plane, int x, int y) {
  return picture.data(plane)[y * picture.stride(plane) + x];
}

void expect_red_and_blue(const Picture& picture) {
  const Size size = picture.size();
  const int y = size.height / 2;
  EXPECT_NEAR(at(picture, Y, size.width / 8, y), 81, 3);
  EXPECT_NEAR(at(picture, V, size.width / 16, y / 2), 240, 4);
  EXPECT_NEAR(at(picture, Y, size.width * 7 / 8, y), 41, 3);
  EXPECT_NEAR(at(picture, U, size.width * 7 / 16, y / 2), 240, 4);
}

TEST(Camera, ReadsEveryKindOfImage) {
  const struct {
    const char* fourcc;
    const char* pixel_format;
    const char* codec;
  } kinds[] = {{"MJPG", "yuvj422p", "mjpeg"},   {"YUYV", "yuyv422", "rawvideo"},
               {"UYVY", "uyvy422", "rawvideo"}, {"NV12", "nv12", "rawvideo"},
               {"YU12", "yuv420p", "rawvideo"}, {"RGB3", "rgb24", "rawvideo"},
               {"BGR3", "bgr24", "rawvideo"}};

  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind.fourcc);
    int requests = 0;
    const RawFormat format{FourCc::of(kind.fourcc), {128, 96}, 0};
    ASSERT_TRUE(is_readable(format.fourcc));
    auto feed = std::make_unique<FakeFeed>(format, requests);
    feed->add(image(kind.pixel_format, format.size, kind.codec), 7);
    const auto camera = make_camera(std::move(feed), {});
    EXPECT_EQ(camera->size(), format.size);
    EXPECT_FALSE(camera->encoded_as());
    const auto capture = camera->read();
    ASSERT_TRUE(capture);
    EXPECT_EQ(capture->captured, kStart + 7 * 33ms);
    const auto picture = std::get<PicturePtr>(capture->image);
    EXPECT_EQ(picture->size(), format.size);
    expect_red_and_blue(*picture);
    EXPECT_FALSE(camera->read());
    EXPECT_EQ(camera->error(), Error{FakeFeed::kUnplugged});
  }
}

/// A JPEG without the segments of that marker (ITU-T T.81 §B.1.1.4).
Bytes without(std::byte marker, const Bytes& jpeg) {
  constexpr std::byte kScan{0xDA};
  Bytes out{jpeg.begin(), jpeg.begin() + 2};
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    const auto begin = jpeg.begin() + static_cast<std::ptrdiff_t>(at);
    if (begin[1] == kScan) {
      out.insert(out.end(), begin, jpeg.end());
      break;
    }
    const auto size = 2 + static_cast<std::ptrdiff_t>(std::to_integer<std::size_t>(begin[2]) << 8 |
                                                      std::to_integer<std::size_t>(begin[3]));
    if (begin[1] != marker) out.insert(out.end(), begin, begin + size);
    at += static_cast<std::size_t>(size);
  }
  return out;
}

TEST(Camera, ReadsJpegsThatLeaveOutTheUsualTables) {
  // As many cameras send them, and as AVI has them: the tables are those of T.81 §K.3.
  constexpr std::byte kHuffmanTables{0xC4};
  const Size size{128, 96};
  const Bytes whole = image("yuvj422p", size, "mjpeg -huffman default");
  const Bytes bare = without(kHuffmanTables, whole);
  ASSERT_LT(bare.size() + 100, whole.size());
  int requests = 0;
  auto feed = std::make_unique<FakeFeed>(RawFormat{kMjpeg, size, 0}, requests);
  feed->add(bare, 0);
  const auto capture = make_camera(std::move(feed), {})->read();
  ASSERT_TRUE(capture);
  expect_red_and_blue(*std::get<PicturePtr>(capture->image));
}

TEST(Camera, KnowsGapsBetweenLines) {
  const Size size{64, 48};
  const Bytes plain = image("yuyv422", size);
  const std::size_t line = 64 * 2;
  const std::size_t stride = line + 32;
  Bytes gapped(stride * 48);
  for (std::size_t y = 0; y < 48; ++y)
    std::copy_n(plain.begin() + static_cast<std::ptrdiff_t>(y * line), line,
                gapped.begin() + static_cast<std::ptrdiff_t>(y * stride));
  int requests = 0;
  auto feed = std::make_unique<FakeFeed>(
      RawFormat{FourCc::of("YUYV"), size, static_cast<int>(stride)}, requests);
  feed->add(gapped, 0);
  const auto capture = make_camera(std::move(feed), {})->read();
  ASSERT_TRUE(capture);
  expect_red_and_blue(*std::get<PicturePtr>(capture->image));
}

TEST(Camera, FitsLargeImagesIntoTheWish) {
  int requests = 0;
  auto feed = std::make_unique<FakeFeed>(RawFormat{FourCc::of("NV12"), {256, 192}, 0}, requests);
  feed->add(image("nv12", {256, 192}), 0);
  const auto camera = make_camera(std::move(feed), {.size = {160, 90}});
  EXPECT_EQ(camera->size(), (Size{120, 90}));
  const auto capture = camera->read();
  ASSERT_TRUE(capture);
  EXPECT_EQ(std::get<PicturePtr>(capture->image)->size(), (Size{120, 90}));
}

TEST(Camera, PassesOverImagesThatAreCutShort) {
  for (const char* fourcc : {"YUYV", "NV12", "MJPG"}) {
    SCOPED_TRACE(fourcc);
    const bool is_jpeg = std::string{fourcc} == "MJPG";
    Bytes whole = image(is_jpeg                         ? "yuvj420p"
                        : fourcc == std::string{"NV12"} ? "nv12"
                                                        : "yuyv422",
                        {64, 48}, is_jpeg ? "mjpeg" : "rawvideo");
    Bytes cut = whole;
    cut.resize(is_jpeg ? 20 : cut.size() - 1);
    int requests = 0;
    auto feed = std::make_unique<FakeFeed>(RawFormat{FourCc::of(fourcc), {64, 48}, 0}, requests);
    feed->add({}, 0);
    feed->add(std::move(cut), 1);
    feed->add(std::move(whole), 2);
    const auto capture = make_camera(std::move(feed), {})->read();
    ASSERT_TRUE(capture);
    EXPECT_EQ(capture->captured, kStart + 2 * 33ms);
  }
}

TEST(Camera, PassesEncodedFramesOnAsTheyAre) {
  const auto frames =
      encoded_pictures(media::Codec::H264, {320, 180}, 61);  // key frames: 0, 30, 60
  int requests = 0;
  auto feed = std::make_unique<FakeFeed>(RawFormat{kH264, {320, 180}, 0}, requests);
  for (std::uint32_t i = 0; i < frames.size(); ++i)
    if (i != 0 && i != 40) feed->add(frames[i].bytes, i);  // begins in the middle, then loses one
  const auto camera = make_camera(std::move(feed), {.may_be_encoded = true});
  EXPECT_EQ(camera->encoded_as(), media::Codec::H264);
  std::vector<std::uint32_t> got;
  while (const auto capture = camera->read()) {
    const auto& frame = std::get<media::EncodedFrame>(capture->image);
    const auto i = static_cast<std::uint32_t>((capture->captured - kStart) / 33ms);
    EXPECT_EQ(frame.bytes, frames[i].bytes);
    EXPECT_EQ(frame.is_key, frames[i].is_key);
    got.push_back(i);
  }
  EXPECT_THAT(got, ::testing::ElementsAre(30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 60));
  EXPECT_EQ(requests, 2) << "one for the beginning, one for the loss";
  camera->request_key_frame();
  EXPECT_EQ(requests, 3);
}

TEST(Camera, RepeatsWhatDecodersMustKnow) {
  const auto first = encoded_pictures(media::Codec::H264, {320, 180}, 1).front();
  const auto head = head_of(first);
  ASSERT_TRUE(head);
  // The same key frame as a camera sends it that says its parameters once only.
  Bytes bare(first.bytes.begin() + static_cast<std::ptrdiff_t>(head->parameters.size()),
             first.bytes.end());
  int requests = 0;
  auto feed = std::make_unique<FakeFeed>(RawFormat{kH264, {320, 180}, 0}, requests);
  feed->add(first.bytes, 0);
  feed->add(bare, 1);
  const auto camera = make_camera(std::move(feed), {.may_be_encoded = true});
  ASSERT_TRUE(camera->read());
  const auto second = camera->read();
  ASSERT_TRUE(second);
  const auto again = head_of(std::get<media::EncodedFrame>(second->image));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->size, (Size{320, 180}));
}

TEST(CameraFormat, IsTheNearestToTheWish) {
  const CameraFormat slow_yuyv{FourCc::of("YUYV"), {1280, 720}, 10};
  const CameraFormat small_yuyv{FourCc::of("YUYV"), {640, 480}, 30};
  const CameraFormat jpeg{kMjpeg, {1280, 720}, 30};
  const CameraFormat full_jpeg{kMjpeg, {1920, 1080}, 30};
  const CameraFormat h264{kH264, {1280, 720}, 30};
  const CameraFormat odd{FourCc::of("PWC1"), {1280, 720}, 30};
  const std::vector<CameraFormat> all = {odd, slow_yuyv, small_yuyv, full_jpeg, jpeg, h264};
  EXPECT_EQ(choose(all, {}), jpeg) << "720p at 30 rather than at 10";
  EXPECT_EQ(choose(all, {.may_be_encoded = true}), h264);
  EXPECT_EQ(choose(all, {.size = {640, 480}}), small_yuyv);
  EXPECT_EQ(choose(all, {.fps = 10}), slow_yuyv) << "at the same rate what needs no decoder";
  EXPECT_EQ(choose(all, {.size = {1920, 1080}, .may_be_encoded = true}), full_jpeg);
  EXPECT_EQ(choose(std::vector{odd}, {}), std::nullopt);
  EXPECT_EQ(choose({}, {}), std::nullopt);
}

TEST(Cameras, SayWhenThereIsNone) {
  using enum CameraError::Kind;
  EXPECT_EQ(open_camera("/dev/video-none", {}).error(), (CameraError{Missing, "/dev/video-none"}));
  EXPECT_EQ(open_camera("No Such Camera", {}).error(), (CameraError{Missing, "No Such Camera"}));
  EXPECT_EQ(open_camera("/dev/null", {}).error(), (CameraError{NotACamera, "/dev/null"}));
  if (cameras().empty()) {
    EXPECT_EQ(open_camera("", {}).error(), CameraError{Missing});
  }
}

}  // namespace
}  // namespace duet::device
