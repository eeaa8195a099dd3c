// SPDX-License-Identifier: MIT
// The cursor over bytes, at and past the end.
#include <duet/base/bytes.hpp>

#include <gtest/gtest.h>

namespace duet {
namespace {

TEST(ByteReader, ReadsBigEndianNumbersInOrder) {
  ByteReader in{as_bytes({"\x01\x02\x03\x04\x05\x06\x07\x80\x00\x00\x00\x00\x00\x00\x0f", 15})};
  EXPECT_EQ(in.u8(), 1U);
  EXPECT_EQ(in.u16(), 0x0203U);
  EXPECT_EQ(in.u32(), 0x04050607U);
  EXPECT_EQ(in.u64(), 0x800000000000000FU);
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(in.ok());
}

TEST(ByteReader, PastTheEndYieldsZerosAndEndsLoops) {
  ByteReader in{as_bytes("\xFF\xFF\xFF")};
  EXPECT_EQ(in.u32(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(in.empty());  // also of the three bytes that were there
  EXPECT_EQ(in.u8(), 0U);
  EXPECT_EQ(in.array<2>(), (std::array<std::byte, 2>{}));
}

TEST(ByteReader, TakesSpansUpToTheEnd) {
  ByteReader in{as_bytes("abcd")};
  EXPECT_EQ(as_text(in.bytes(2)), "ab");
  EXPECT_EQ(in.array<2>(), (std::array{std::byte{'c'}, std::byte{'d'}}));
  EXPECT_TRUE(in.bytes(0).empty());
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.bytes(1).empty());
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, OfNothingIsEmptyAndFine) {
  ByteReader in{{}};
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(as_text(in.rest()), "");
}

}  // namespace
}  // namespace duet
