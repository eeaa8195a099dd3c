// SPDX-License-Identifier: MIT
// Tests of digests and their texts.
#include <duet/crypto/digest.hpp>

#include <gtest/gtest.h>

namespace duet::crypto {
namespace {

TEST(Sha256, GivesTheDigestsOfTheExamples) {  // NIST's examples for FIPS 180-4
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, GivesTheDigestsOfTheExamples) {  // NIST's examples for FIPS 180-4
  const auto abc = std::as_bytes(std::span{"abc", 3});
  EXPECT_EQ(hex(digest(HashAlgorithm::Sha256, abc)), hex(sha256("abc")));
  EXPECT_EQ(hex(digest(HashAlgorithm::Sha384, abc)),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358bae"
            "ca134c825a7");
  EXPECT_EQ(hex(digest(HashAlgorithm::Sha512, abc)),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3"
            "c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Fingerprint, IsUpperCaseWithColons) {
  EXPECT_EQ(fingerprint(std::array{std::byte{0x0a}, std::byte{0xf1}, std::byte{0}}), "0A:F1:00");
  EXPECT_EQ(fingerprint({}), "");
}

}  // namespace
}  // namespace duet::crypto
