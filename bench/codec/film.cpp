// SPDX-License-Identifier: MIT
// Drawn once, then shifted and grained.
#include "film.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

namespace duet::bench {
namespace {

constexpr std::size_t kSide = 512;
using Tile = std::array<std::array<std::uint8_t, kSide>, kSide>;

/// Waves that fit together at all sides, from large to as fine as cloth.
Tile make_tile(double phase) {
  Tile tile;
  for (std::size_t y = 0; y < kSide; ++y) {
    for (std::size_t x = 0; x < kSide; ++x) {
      constexpr double kTurn = 2 * std::numbers::pi / static_cast<double>(kSide);
      const double a = static_cast<double>(x) * kTurn;
      const double b = static_cast<double>(y) * kTurn;
      const double level = 120 + 35 * std::sin(a + 2 * b + phase) + 25 * std::cos(5 * b - 3 * a) +
                           12 * std::sin(23 * a + phase) * std::cos(17 * b) +
                           6 * std::sin(61 * a) * std::sin(53 * b + phase);
      tile[y][x] = static_cast<std::uint8_t>(level);
    }
  }
  return tile;
}

}  // namespace

codec::PicturePtr filmed(codec::Size size, int number) {
  using codec::Picture;
  static const Tile room = make_tile(0);
  static const Tile person = make_tile(2);
  auto picture = Picture::make(size);
  std::uint32_t noise = static_cast<std::uint32_t>(number) * 2'654'435'761U + 1;
  const double angle = number / 15.0;
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const codec::Size part = picture->size(plane);
    const double radius = part.height * 0.3;
    const double middle_x = part.width * (0.5 + 0.08 * std::sin(angle));
    const double middle_y = part.height * (0.6 + 0.03 * std::cos(2 * angle));
    const auto shift_x = static_cast<std::size_t>(256 + middle_x - part.width * 0.5);
    for (int y = 0; y < part.height; ++y) {
      auto* line = picture->data(plane) + std::ptrdiff_t{y} * picture->stride(plane);
      const double away = y - middle_y;
      const double half = std::sqrt(std::max(0.0, radius * radius - away * away));
      for (int x = 0; x < part.width; ++x) {
        noise = noise * 1'664'525 + 1'013'904'223;
        const bool is_person = std::abs(x - middle_x) < half;
        const auto row = static_cast<std::size_t>(y) % kSide;
        const auto column = static_cast<std::size_t>(x);
        const auto level =
            is_person ? person[row][(column + kSide - shift_x) % kSide] : room[row][column % kSide];
        line[x] = static_cast<std::uint8_t>(level + (noise >> 29));
      }
    }
  }
  return picture;
}

}  // namespace duet::bench
