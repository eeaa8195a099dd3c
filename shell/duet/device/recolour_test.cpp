// SPDX-License-Identifier: MIT
// Colours in other conventions, beside what the standards' equations say.
#include <duet/device/recolour.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace duet::device {
namespace {

using codec::Picture;
using enum Picture::Plane;

struct Yuv {
  double y, u, v;
};

/// Of red, green and blue from 0 to 1 (ITU-R BT.601-7 §2.5, BT.709-6 §3; JFIF for the full range).
Yuv encoded(double r, double g, double b, Matrix matrix, Range range) {
  const bool is_601 = matrix == Matrix::Bt601;
  const double wr = is_601 ? 0.299 : 0.2126;
  const double wb = is_601 ? 0.114 : 0.0722;
  const double y = wr * r + (1 - wr - wb) * g + wb * b;
  const double u = (b - y) / (2 * (1 - wb));
  const double v = (r - y) / (2 * (1 - wr));
  if (range == Range::Full) return {255 * y, 128 + 255 * u, 128 + 255 * v};
  return {16 + 219 * y, 128 + 224 * u, 128 + 224 * v};
}

std::shared_ptr<Picture> filled(codec::Size size, const Yuv& colour) {
  auto picture = Picture::make(size);
  const std::pair<Picture::Plane, double> planes[] = {{Y, colour.y}, {U, colour.u}, {V, colour.v}};
  for (const auto& [plane, value] : planes)
    std::memset(picture->data(plane), static_cast<int>(std::lround(std::clamp(value, 0.0, 255.0))),
                static_cast<std::size_t>(picture->stride(plane)) *
                    static_cast<std::size_t>(picture->size(plane).height));
  return picture;
}

TEST(Recolour, KeepsEveryColourBetweenConventions) {
  for (const codec::Size size : {codec::Size{33, 17}, {65, 721}}) {
    for (const Matrix from : {Matrix::Bt601, Matrix::Bt709}) {
      for (const Range range : {Range::Limited, Range::Full}) {
        for (int rgb = 0; rgb < 27; ++rgb) {
          const double r = rgb % 3 * 0.5;
          const double g = rgb / 3 % 3 * 0.5;
          const double b = rgb / 9 * 0.5;
          const auto out = recoloured(filled(size, encoded(r, g, b, from, range)), from, range);
          const Yuv want = encoded(r, g, b, matrix_of(size.height), Range::Limited);
          const auto corner = [&](Picture::Plane plane) {
            const auto [width, height] = out->size(plane);
            return out->data(plane)[(height - 1) * out->stride(plane) + width - 1];
          };
          EXPECT_NEAR(corner(Y), want.y, 2);
          EXPECT_NEAR(corner(U), want.u, 2);
          EXPECT_NEAR(corner(V), want.v, 2);
          EXPECT_EQ(out->data(Y)[0], corner(Y));
        }
      }
    }
  }
}

TEST(Recolour, LeavesAloneWhatIsRight) {
  const codec::PicturePtr small = filled({64, 48}, {90, 100, 110});
  EXPECT_EQ(recoloured(small, Matrix::Bt601, Range::Limited), small);
  EXPECT_NE(recoloured(small, Matrix::Bt709, Range::Limited), small);
}

}  // namespace
}  // namespace duet::device
