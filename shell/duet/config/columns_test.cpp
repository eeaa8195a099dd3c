// SPDX-License-Identifier: MIT
// Lines of both languages fit.
#include <duet/config/columns.hpp>

#include <gtest/gtest.h>

namespace duet::config {
namespace {

TEST(Columns, OfAHanCharacterAreTwo) {
  EXPECT_EQ(columns(""), 0U);
  EXPECT_EQ(columns("relay"), 5U);
  EXPECT_EQ(columns("中继 (25s)，"), 4U + 6U + 2U);
}

TEST(Wrapped, BreaksAtSpaces) {
  EXPECT_EQ(wrapped("one two three", "  ", 9), "one two\n  three");
  EXPECT_EQ(wrapped("one two three", "", 13), "one two three");
  EXPECT_EQ(wrapped("one two three", "", 12), "one two\nthree");
  EXPECT_EQ(wrapped("unbreakable a", "", 5), "unbreakable\na");
  EXPECT_EQ(wrapped("", "", 5), "");
}

TEST(Wrapped, BreaksBetweenHanCharactersButNotBeforeAComma) {
  EXPECT_EQ(wrapped("中继的地址", "", 6), "中继的\n地址");
  EXPECT_EQ(wrapped("中继的，地址", "", 6), "中继\n的，地\n址");
  EXPECT_EQ(wrapped("用 --lang 选语言", "", 12), "用 --lang 选\n语言");
  EXPECT_EQ(wrapped("监听TCP端口", "", 7), "监听TCP\n端口");
}

}  // namespace
}  // namespace duet::config
