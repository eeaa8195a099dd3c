// SPDX-License-Identifier: MIT
// Tests of addresses in attributes.
#include <duet/stun/address.hpp>
#include <duet/stun/test_vectors.hpp>

#include <gtest/gtest.h>

namespace duet::stun {
namespace {

TEST(StunAddress, ComesBackPlainAndHidden) {
  const TransactionId id = {std::byte{1}, std::byte{2}, std::byte{3}};
  for (const char* text : {"192.0.2.7", "2001:db8::7", "0.0.0.0", "::"}) {
    const Endpoint endpoint{*IpAddress::parse(text), 40000};
    EXPECT_EQ(parse_address(serialize_address(endpoint).view()), endpoint);
    const auto hidden = serialize_xor_address(endpoint, id);
    EXPECT_EQ(parse_xor_address(hidden.view(), id), endpoint);
    EXPECT_NE(parse_address(hidden.view()), endpoint);
  }
}

TEST(StunAddress, RefusesFamiliesAndSizesThatDoNotFit) {
  EXPECT_FALSE(parse_address({}));
  EXPECT_FALSE(parse_address(from_hex("0001 1234 c0000201 00")));
  EXPECT_FALSE(parse_address(from_hex("0002 1234 c0000201")));
  EXPECT_FALSE(parse_address(from_hex("0003 1234 c0000201")));
  EXPECT_FALSE(parse_xor_address(from_hex("0001 1234 c000"), {}));
  EXPECT_TRUE(parse_address(from_hex("ff01 1234 c0000201")));  // the first byte is ignored
}

}  // namespace
}  // namespace duet::stun
