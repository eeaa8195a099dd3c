// SPDX-License-Identifier: MIT
// Tests of SHA-256 and its texts.
#include <duet/crypto/digest.hpp>

#include <gtest/gtest.h>

namespace duet::crypto {
namespace {

TEST(Sha256, GivesTheDigestsOfTheExamples) {  // NIST's examples for FIPS 180-4
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Fingerprint, IsUpperCaseWithColons) {
  EXPECT_EQ(fingerprint(std::array{std::byte{0x0a}, std::byte{0xf1}, std::byte{0}}), "0A:F1:00");
  EXPECT_EQ(fingerprint({}), "");
}

}  // namespace
}  // namespace duet::crypto
