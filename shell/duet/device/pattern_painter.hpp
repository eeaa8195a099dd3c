// SPDX-License-Identifier: MIT
// Draws pictures of the test pattern.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/device/pattern_mark.hpp>

#include <memory>
#include <string_view>

namespace duet::device {

/// Colour bars, a grey scale that travels, a ball that bounces, the clock and the counter for
/// people, and the mark for machines.
class PatternPainter {
 public:
  explicit PatternPainter(codec::Size size);

  /// @param clock  of '0' to '9' and ':'; at most 8 characters are readable
  codec::PicturePtr paint(const PatternMark& mark, std::string_view clock) const;

 private:
  struct Yuv {
    std::uint8_t y, u, v;
  };

  static Yuv yuv_of(codec::Size size, double red, double green, double blue);
  static void fill(codec::Picture& picture, int left, int top, int right, int bottom, Yuv colour);

  void paint_bars(codec::Picture& picture) const;
  void paint_scale(codec::Picture& picture, std::uint32_t counter) const;
  void paint_ball(codec::Picture& picture, std::uint32_t counter) const;
  /// In the middle of the picture's width.
  void paint_text(codec::Picture& picture, std::string_view text, int top, int dot) const;

  codec::Size size_;
  std::shared_ptr<codec::Picture> still_;  // what doesn't change
  int scale_top_;
  int scale_bottom_;
};

}  // namespace duet::device
