// SPDX-License-Identifier: MIT
// UTF-8: what is well-formed, and its length as JavaScript counts.
#include <duet/base/utf8.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace duet {
namespace {

/// The bytes UTF-8 would have for a code point, surrogates and too great ones included.
std::string encode(std::uint32_t point, int size) {
  if (size == 1) return {static_cast<char>(point)};
  std::string out(static_cast<std::size_t>(size), '\0');
  for (int i = size - 1; i > 0; --i, point >>= 6) {
    out[static_cast<std::size_t>(i)] = static_cast<char>(0x80 | (point & 0x3F));
  }
  constexpr int kLead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  out[0] = static_cast<char>(kLead[size] | static_cast<int>(point));
  return out;
}

TEST(Utf8, EveryCodePointInItsShortestFormAndNoOther) {
  for (std::uint32_t point = 0; point < 0x200000; ++point) {
    const int shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    const bool is_surrogate = point >= 0xD800 && point < 0xE000;
    ASSERT_EQ(is_utf8(encode(point, shortest)), point <= 0x10FFFF && !is_surrogate) << point;
    for (int size = shortest + 1; size <= 4; ++size) {
      ASSERT_FALSE(is_utf8(encode(point, size))) << point << " in " << size;
    }
  }
}

TEST(Utf8, RefusesLoneAndMissingBytesWhereverTheyStand) {
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC3", "\xC3(", "\xE2\x82", "\xE2(\xA1", "\xE2\x82(", "\xF0\x9F\x98",
        "\xF0\x9F(\x80", "\xF0\x9F\x98(", "\xFE", "\xFF", "\xF8\x88\x80\x80\x80", "\xC0\xAF"}) {
    for (std::size_t before = 0; before < 17; ++before) {
      const std::string text = std::string(before, 'x') + std::string{bad};
      EXPECT_FALSE(is_utf8(text)) << before;
      EXPECT_FALSE(is_utf8(text + "xxxxxxxxxxxxxxxx")) << before;
    }
  }
}

TEST(Utf8, AcceptsTextOfEveryKind) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8({"\0", 1}));
  EXPECT_TRUE(is_utf8("plain, \u00e9, \u20ac, \U0001F600, and more than eight bytes of plain"));
}

TEST(Utf16Length, CountsAsJavaScriptDoes) {
  EXPECT_EQ(utf16_length(""), 0U);
  EXPECT_EQ(utf16_length("a\u00e9\u20ac\U0001F600"), 5U);
}

TEST(Utf16Prefix, CutsBetweenCharactersOnly) {
  const std::string_view text = "a\u00e9\u20ac\U0001F600b";  // 1, 2, 3, 4 and 1 bytes
  EXPECT_EQ(utf16_prefix(text, 0), 0U);
  EXPECT_EQ(utf16_prefix(text, 1), 1U);
  EXPECT_EQ(utf16_prefix(text, 2), 3U);
  EXPECT_EQ(utf16_prefix(text, 3), 6U);
  EXPECT_EQ(utf16_prefix(text, 4), std::string_view::npos);  // half of a pair
  EXPECT_EQ(utf16_prefix(text, 5), 10U);
  EXPECT_EQ(utf16_prefix(text, 6), 11U);
  EXPECT_EQ(utf16_prefix(text, 7), std::string_view::npos);
}

}  // namespace
}  // namespace duet
