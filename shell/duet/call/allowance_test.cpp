// SPDX-License-Identifier: MIT
// Some at once, then one by one.
#include <duet/call/allowance.hpp>

#include <gtest/gtest.h>

namespace duet::call {
namespace {

constexpr Instant kStart{1h};

TEST(Allowance, GivesSomeAtOnceAndThenOneEverySoOften) {
  Allowance allowance{3, 10s};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(allowance.take(kStart)) << i;
  EXPECT_FALSE(allowance.take(kStart));
  EXPECT_EQ(allowance.next(), kStart + 10s);
  EXPECT_FALSE(allowance.take(kStart + 9s));
  EXPECT_TRUE(allowance.take(kStart + 10s));
  EXPECT_FALSE(allowance.take(kStart + 19s));
  EXPECT_TRUE(allowance.take(kStart + 20s));
}

TEST(Allowance, IsWholeAgainAfterARest) {
  Allowance allowance{3, 10s};
  while (allowance.take(kStart)) continue;
  int count = 0;
  while (allowance.take(kStart + 24h)) ++count;
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace duet::call
