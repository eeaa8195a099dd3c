// SPDX-License-Identifier: MIT
// Pictures: their planes, scaled, compared.
#include <duet/codec/picture.hpp>

#include <gtest/gtest.h>

#include <cstring>

namespace duet::codec {
namespace {

std::shared_ptr<Picture> grey(Size size, int level) {
  auto picture = Picture::make(size);
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const auto bytes = static_cast<std::size_t>(picture->stride(plane)) *
                       static_cast<std::size_t>(picture->size(plane).height);
    std::memset(picture->data(plane), level, bytes);
  }
  return picture;
}

TEST(Picture, HasRoomForTheLastLineOfOddSides) {
  const auto picture = grey({641, 361}, 7);
  EXPECT_EQ(picture->size(Picture::Plane::U), (Size{321, 181}));
  const auto* v = picture->data(Picture::Plane::V);
  EXPECT_EQ(v[180 * picture->stride(Picture::Plane::V) + 320], 7);
}

TEST(Picture, KeepsItsGreyWhenScaled) {
  const auto small = scaled(grey({1280, 720}, 90), {320, 180});
  EXPECT_EQ(small->size(), (Size{320, 180}));
  EXPECT_GT(psnr(*small, *grey({320, 180}, 90)), 60);
  EXPECT_LT(psnr(*small, *grey({320, 180}, 120)), 20);
}

TEST(Picture, IsNotCopiedWhereItHasTheSizeAlready) {
  const PicturePtr picture = grey({64, 48}, 1);
  EXPECT_EQ(scaled(picture, {64, 48}), picture);
}

}  // namespace
}  // namespace duet::codec
