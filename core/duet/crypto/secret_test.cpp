// SPDX-License-Identifier: MIT
// Secrets leave nothing behind.
#include <duet/base/bytes.hpp>
#include <duet/crypto/secret.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <span>
#include <utility>

namespace duet::crypto {
namespace {

TEST(Secret, IsGoneOnceCleared) {
  Secret<16> secret{as_bytes("0123456789abcdef")};
  const std::span<const std::byte> where = secret.bytes();
  EXPECT_EQ(as_text(where), "0123456789abcdef");
  secret.clear();
  EXPECT_TRUE(secret.bytes().empty());
  EXPECT_TRUE(
      std::all_of(where.begin(), where.end(), [](std::byte b) { return b == std::byte{}; }));
}

TEST(Secret, MovesAndLeavesNothingWhereItWas) {
  Secret<8> from{as_bytes("key")};
  const std::byte* const where = from.bytes().data();
  const Secret<8> to{std::move(from)};
  EXPECT_EQ(as_text(to.bytes()), "key");
  EXPECT_EQ(*where, std::byte{});
}

}  // namespace
}  // namespace duet::crypto
