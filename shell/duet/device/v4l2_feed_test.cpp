// SPDX-License-Identifier: MIT
// Cameras by either of V4L2's APIs, from a driver of this test's own.
#include <duet/device/camera.hpp>
#include <duet/device/v4l2_driver_for_test.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace duet::device {
namespace {

using codec::Picture;
using codec::PicturePtr;
using Bytes = std::vector<std::byte>;

constexpr codec::Size kSize{64, 48};
constexpr int kStride = 96;  // of NV12: longer lines than the picture has

/// Luma of that level, and no colour.
Bytes nv12(int level) {
  Bytes out(std::size_t{kStride} * 48, static_cast<std::byte>(level));
  out.insert(out.end(), std::size_t{kStride} * 24, std::byte{128});
  return out;
}

Bytes yuyv(int level) {
  Bytes out;
  for (int i = 0; i < 64 * 48; ++i) {
    out.push_back(static_cast<std::byte>(level));
    out.push_back(std::byte{128});
  }
  return out;
}

void expect_level(VideoSource& camera, int level) {
  const auto capture = camera.read();
  ASSERT_TRUE(capture);
  const auto& picture = *std::get<PicturePtr>(capture->image);
  EXPECT_EQ(picture.size(), kSize);
  for (const auto& [x, y] : {std::pair{0, 0}, {63, 0}, {31, 23}, {63, 47}}) {
    const int at = y * picture.stride(Picture::Plane::Y) + x;
    EXPECT_NEAR(picture.data(Picture::Plane::Y)[at], level, 1) << x << "," << y;
  }
}

class V4l2Camera : public testing::TestWithParam<V4l2Api> {};

TEST_P(V4l2Camera, GivesOnePictureAfterAnother) {
  V4l2Driver driver{GetParam(), {FourCc::of("NV12"), kSize, 30}, kStride};
  auto camera = open_camera(driver.path(), {.size = kSize});
  ASSERT_TRUE(camera);
  EXPECT_TRUE(driver.is_streaming());
  for (int level = 40; level < 240; level += 20) {  // each buffer several times
    driver.add(nv12(level));
    expect_level(**camera, level);
  }
}

TEST_P(V4l2Camera, ReadsWhatBeginsInTheMiddleOfItsMemory) {
  V4l2Driver driver{GetParam(), {FourCc::of("YUYV"), kSize, 30}, 0};
  auto camera = open_camera(driver.path(), {.size = kSize});
  ASSERT_TRUE(camera);
  const bool can_say_so = GetParam() == V4l2Api::MultiPlanar;
  driver.add(yuyv(77), can_say_so ? 64 : 0);
  expect_level(**camera, 77);
}

TEST_P(V4l2Camera, GivesTheFreshestOfThoseThatWait) {
  V4l2Driver driver{GetParam(), {FourCc::of("YUYV"), kSize, 30}, 0};
  auto camera = open_camera(driver.path(), {.size = kSize});
  ASSERT_TRUE(camera);
  for (const int level : {50, 100, 150}) driver.add(yuyv(level));
  expect_level(**camera, 150);
}

INSTANTIATE_TEST_SUITE_P(Both, V4l2Camera,
                         testing::Values(V4l2Api::SinglePlanar, V4l2Api::MultiPlanar),
                         [](const auto& param) {
                           return param.param == V4l2Api::MultiPlanar ? "MultiPlanar"
                                                                      : "SinglePlanar";
                         });

TEST(V4l2Cameras, RefusesPicturesInSeveralPiecesOfMemory) {
  V4l2Driver driver{V4l2Api::MultiPlanar, {FourCc::of("NV12"), kSize, 30}, kStride};
  driver.set_planes(2);
  const auto camera = open_camera(driver.path(), {.size = kSize});
  ASSERT_FALSE(camera);
  EXPECT_EQ(camera.error(), (CameraError{CameraError::Kind::UnreadableFormat, driver.path()}));
}

}  // namespace
}  // namespace duet::device
