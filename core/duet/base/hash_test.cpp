// SPDX-License-Identifier: MIT
// SipHash-1-3 against another implementation's values.
#include <duet/base/hash.hpp>

#include <gtest/gtest.h>

#include <string>

namespace duet {
namespace {

// Key 00 01 .. 0f over the bytes 00 01 .. n-1, as OpenSSL computes it:
// openssl mac -macopt hexkey:... -macopt size:8 -macopt c-rounds:1 -macopt d-rounds:3 SIPHASH
// prints the little-endian bytes of these numbers.
TEST(KeyedHash, IsSipHash13) {
  const KeyedHash hash{0x0706050403020100, 0x0F0E0D0C0B0A0908};
  std::string text;
  const auto of = [&](std::size_t size) {
    while (text.size() < size) text += static_cast<char>(text.size());
    return hash(text);
  };
  EXPECT_EQ(of(0), 0xABAC0158050FC4DCU);
  EXPECT_EQ(of(1), 0xC9F49BF37D57CA93U);
  EXPECT_EQ(of(7), 0xD3927D989BB11140U);
  EXPECT_EQ(of(8), 0x369095118D299A8EU);
  EXPECT_EQ(of(15), 0xD320D86D2A519956U);
  EXPECT_EQ(of(63), 0x9D199062B7BBB3A8U);
}

TEST(KeyedHash, DependsOnTheKey) {
  EXPECT_NE((KeyedHash{1, 2}("room")), (KeyedHash{1, 3}("room")));
  EXPECT_NE((KeyedHash{1, 2}("room")), (KeyedHash{0, 2}("room")));
  EXPECT_EQ((KeyedHash{1, 2}("room")), (KeyedHash{1, 2}(std::string{"room"})));
}

}  // namespace
}  // namespace duet
