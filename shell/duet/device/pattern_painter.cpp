// SPDX-License-Identifier: MIT
// The test pattern's parts. Each picture is a copy of what stands still, with what moves drawn
// over.
#include <duet/device/pattern_painter.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

namespace duet::device {
namespace {

using codec::Picture;
using codec::Size;

constexpr int kGlyphWidth = 5;
constexpr int kGlyphHeight = 7;
constexpr int kAdvance = kGlyphWidth + 1;

/// Rows from the top; the lowest five bits are the dots, the highest of them on the left.
using Glyph = std::array<std::uint8_t, kGlyphHeight>;

constexpr std::array<Glyph, 11> kGlyphs{{
    {0b01110, 0b11011, 0b11011, 0b11011, 0b11011, 0b11011, 0b01110},
    {0b00110, 0b01110, 0b10110, 0b00110, 0b00110, 0b00110, 0b11111},
    {0b01110, 0b11011, 0b00011, 0b00110, 0b01100, 0b11000, 0b11111},
    {0b11110, 0b00011, 0b00011, 0b01110, 0b00011, 0b00011, 0b11110},
    {0b00111, 0b01111, 0b11011, 0b11011, 0b11111, 0b00011, 0b00011},
    {0b11111, 0b11000, 0b11110, 0b00011, 0b00011, 0b11011, 0b01110},
    {0b01110, 0b11000, 0b11000, 0b11110, 0b11011, 0b11011, 0b01110},
    {0b11111, 0b00011, 0b00110, 0b00110, 0b01100, 0b01100, 0b01100},
    {0b01110, 0b11011, 0b11011, 0b01110, 0b11011, 0b11011, 0b01110},
    {0b01110, 0b11011, 0b11011, 0b01111, 0b00011, 0b00011, 0b01110},
    {0b00000, 0b00110, 0b00110, 0b00000, 0b00110, 0b00110, 0b00000},
}};

const Glyph* glyph_of(char character) {
  if (character >= '0' && character <= '9') {
    return &kGlyphs[static_cast<std::size_t>(character - '0')];
  }
  return character == ':' ? &kGlyphs.back() : nullptr;
}

/// There and back between 0 and `range`.
int bounce(std::int64_t way, int range) {
  if (range <= 0) return 0;
  const auto at = static_cast<int>(way % (std::int64_t{2} * range));
  return at < range ? at : 2 * range - at;
}

std::uint8_t* line_of(Picture& picture, Picture::Plane plane, int y) {
  return picture.data(plane) + std::ptrdiff_t{y} * picture.stride(plane);
}

}  // namespace

PatternPainter::PatternPainter(Size size)
    : size_{size},
      still_{Picture::make(size)},
      scale_top_{size.height * 5 / 8},
      scale_bottom_{size.height * 3 / 4} {
  fill(*still_, 0, 0, size.width, size.height, yuv_of(size, 0.1, 0.11, 0.14));
  paint_bars(*still_);
}

codec::PicturePtr PatternPainter::paint(const PatternMark& mark, std::string_view clock) const {
  auto picture = Picture::make(size_);
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const auto bytes = static_cast<std::size_t>(still_->stride(plane)) *
                       static_cast<std::size_t>(still_->size(plane).height);
    std::memcpy(picture->data(plane), still_->data(plane), bytes);
  }
  paint_scale(*picture, mark.counter);
  paint_ball(*picture, mark.counter);
  const int dot = std::max(1, size_.height / 90);
  paint_text(*picture, clock, size_.height / 4, dot);
  paint_text(*picture, std::to_string(mark.counter), size_.height / 4 + 9 * dot, dot);
  write_mark(*picture, mark);
  return picture;
}

PatternPainter::Yuv PatternPainter::yuv_of(Size size, double red, double green, double blue) {
  // Limited range of BT.709 or BT.601, as Picture says.
  const bool is_high = size.height > 576;
  const double kr = is_high ? 0.2126 : 0.299;
  const double kb = is_high ? 0.0722 : 0.114;
  const double luma = kr * red + (1 - kr - kb) * green + kb * blue;
  const auto level = [](double value) { return static_cast<std::uint8_t>(std::lround(value)); };
  return {.y = level(16 + 219 * luma),
          .u = level(128 + 224 * (blue - luma) / (2 * (1 - kb))),
          .v = level(128 + 224 * (red - luma) / (2 * (1 - kr)))};
}

void PatternPainter::fill(Picture& picture, int left, int top, int right, int bottom, Yuv colour) {
  const Size size = picture.size();
  left = std::clamp(left, 0, size.width);
  right = std::clamp(right, left, size.width);
  top = std::clamp(top, 0, size.height);
  bottom = std::clamp(bottom, top, size.height);
  const auto count = [](int from, int to) { return static_cast<std::size_t>(to - from); };
  for (int y = top; y < bottom; ++y) {
    std::memset(line_of(picture, Picture::Plane::Y, y) + left, colour.y, count(left, right));
  }
  for (int y = top / 2; y < (bottom + 1) / 2; ++y) {
    const std::size_t width = count(left / 2, (right + 1) / 2);
    std::memset(line_of(picture, Picture::Plane::U, y) + left / 2, colour.u, width);
    std::memset(line_of(picture, Picture::Plane::V, y) + left / 2, colour.v, width);
  }
}

void PatternPainter::paint_bars(Picture& picture) const {
  constexpr int kBars = 7;  // white to blue, each a mix of red, green and blue
  for (int i = 0; i < kBars; ++i) {
    const int mix = kBars - i;
    constexpr double kLevel = 0.75;
    const auto part = [mix](int bit) { return (mix & bit) != 0 ? kLevel : 0.0; };
    fill(picture, size_.width * i / kBars, 0, size_.width * (i + 1) / kBars, scale_top_,
         yuv_of(size_, part(2), part(4), part(1)));
  }
}

void PatternPainter::paint_scale(Picture& picture, std::uint32_t counter) const {
  // A wave of grey, one line of which serves for all.
  if (scale_top_ >= scale_bottom_) return;
  auto* first = line_of(picture, Picture::Plane::Y, scale_top_);
  constexpr int kPeriods = 2;
  const int shift = static_cast<int>(counter % 4096U) * std::max(1, size_.width / 320);
  const int period = std::max(2, size_.width / kPeriods);
  for (int x = 0; x < size_.width; ++x) {
    const int at = (x + shift) % period * 510 / period;
    first[x] = static_cast<std::uint8_t>(24 + std::abs(at - 255) * 200 / 255);
  }
  for (int y = scale_top_ + 1; y < scale_bottom_; ++y) {
    std::memcpy(line_of(picture, Picture::Plane::Y, y), first,
                static_cast<std::size_t>(size_.width));
  }
}

void PatternPainter::paint_ball(Picture& picture, std::uint32_t counter) const {
  const int radius = std::max(1, size_.height / 12);
  const int step = std::max(1, size_.width / 160);
  const int x = radius + bounce(std::int64_t{counter} * step, size_.width - 2 * radius);
  const int y = radius + bounce(std::int64_t{counter} * step * 2 / 3, scale_bottom_ - 2 * radius);
  const Yuv colour = yuv_of(size_, 0.98, 0.55, 0.1);
  for (int row = -radius; row < radius; ++row) {
    const int half = static_cast<int>(std::sqrt(radius * radius - row * row));
    fill(picture, x - half, y + row, x + half, y + row + 1, colour);
  }
}

void PatternPainter::paint_text(Picture& picture, std::string_view text, int top, int dot) const {
  const int width = (static_cast<int>(text.size()) * kAdvance - 1) * dot;
  int left = (size_.width - width) / 2;
  fill(picture, left - dot, top - dot, left + width + dot, top + (kGlyphHeight + 1) * dot,
       yuv_of(size_, 0, 0, 0));
  const Yuv white = yuv_of(size_, 1, 1, 1);
  for (const char character : text) {
    const Glyph* glyph = glyph_of(character);
    for (int row = 0; glyph != nullptr && row < kGlyphHeight; ++row) {
      for (int column = 0; column < kGlyphWidth; ++column) {
        if (((*glyph)[static_cast<std::size_t>(row)] >> (kGlyphWidth - 1 - column) & 1) == 0)
          continue;
        const int x = left + column * dot;
        const int y = top + row * dot;
        fill(picture, x, y, x + dot, y + dot, white);
      }
    }
    left += kAdvance * dot;
  }
}

}  // namespace duet::device
