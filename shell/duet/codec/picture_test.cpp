// SPDX-License-Identifier: MIT
// Pictures: their planes, scaled, compared.
#include <duet/codec/picture.hpp>
#include <duet/codec/picture_memory.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

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

TEST(Picture, TakesTheMemoryOfOneThatIsGone) {
  constexpr Size kSize{322, 182};  // of no other test
  const auto* bytes = Picture::make(kSize)->data(Picture::Plane::Y);
  const auto next = Picture::make(kSize);
  EXPECT_EQ(next->data(Picture::Plane::Y), bytes);
  EXPECT_NE(Picture::make(kSize)->data(Picture::Plane::Y), bytes);
}

TEST(Picture, KeepsABoundedAmountOfMemoryForOthers) {
  constexpr Size kSize{1920, 1080};
  constexpr std::size_t kBytes = std::size_t{1920} * 1080 * 3 / 2;
  constexpr std::size_t kMost = kMostPictureMemory / kBytes;
  std::vector<std::shared_ptr<Picture>> pictures;
  for (std::size_t i = 0; i < kMost + 4; ++i) pictures.push_back(Picture::make(kSize));
  pictures.clear();
  EXPECT_LE(kept_picture_memory(), kMostPictureMemory);
  EXPECT_GE(kept_picture_memory(), kMost * kBytes);
}

TEST(Picture, WrapsPlanesWithoutACopyAndKeepsTheirOwner) {
  auto owner = std::make_shared<std::array<std::uint8_t, 6>>();
  const std::weak_ptr<const void> watched = owner;
  const std::uint8_t* first = owner->data();
  auto picture = Picture::wrap({2, 2}, {first, first + 4, first + 5}, {2, 1, 1}, std::move(owner));
  EXPECT_EQ(picture->data(Picture::Plane::V), first + 5);
  EXPECT_FALSE(watched.expired());
  picture = nullptr;
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace duet::codec
