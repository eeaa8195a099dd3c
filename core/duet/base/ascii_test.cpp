// SPDX-License-Identifier: MIT
// Letters of ASCII without regard to case.
#include <duet/base/ascii.hpp>

#include <gtest/gtest.h>

namespace duet {
namespace {

TEST(Ascii, LowersLettersAndNothingElse) {
  EXPECT_EQ(to_lower("Az@[`{\xC3\x84 09"), "az@[`{\xC3\x84 09");
}

TEST(Ascii, ComparesWithoutCase) {
  EXPECT_TRUE(equal_ignoring_case("Keep-Alive", "keep-ALIVE"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("keep-alive", "keep-aliv"));
  EXPECT_FALSE(equal_ignoring_case("@", "`")) << "32 apart, and no letters";
  EXPECT_FALSE(equal_ignoring_case("\xC3\x84", "\xC3\xA4")) << "not of ASCII";
}

}  // namespace
}  // namespace duet
