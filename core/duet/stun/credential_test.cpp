// SPDX-License-Identifier: MIT
// Tests of password algorithms and of what nonces say.
#include <duet/stun/credential.hpp>
#include <duet/stun/test_vectors.hpp>

#include <gtest/gtest.h>

namespace duet::stun {
namespace {

TEST(StunNonce, SaysWhatTheServerCanDo) {  // RFC 8489 §9.2, §18.1
  for (const bool algorithms : {false, true}) {
    for (const bool anonymity : {false, true}) {
      const SecurityFeatures features{algorithms, anonymity};
      const std::string prefix = nonce_prefix(features);
      EXPECT_EQ(prefix.size(), 13u);
      EXPECT_EQ(nonce_features(prefix + "rest"), features);
    }
  }
  EXPECT_FALSE(nonce_features("f//499k954d6OL34oL9FSTvy64sA"));
  EXPECT_FALSE(nonce_features("obMatJos2"));
  EXPECT_FALSE(nonce_features("obMatJos2A!AA"));
}

TEST(StunPasswordAlgorithms, ChoosesTheFirstThatIsKnown) {  // RFC 8489 §14.11
  EXPECT_EQ(choose_password_algorithm(kBothAlgorithms), PasswordAlgorithm::Sha256);
  EXPECT_EQ(choose_password_algorithm(from_hex("0009000300000000 00010000")),
            PasswordAlgorithm::Md5);
  EXPECT_FALSE(choose_password_algorithm(from_hex("00090000")));
  EXPECT_FALSE(choose_password_algorithm(from_hex("000100")));
  EXPECT_FALSE(choose_password_algorithm(from_hex("00010008 0000")));
  EXPECT_FALSE(choose_password_algorithm({}));
}

TEST(StunPasswordAlgorithm, ComesBack) {
  for (const auto algorithm : {PasswordAlgorithm::Md5, PasswordAlgorithm::Sha256}) {
    EXPECT_EQ(parse_password_algorithm(serialize_password_algorithm(algorithm)), algorithm);
  }
  EXPECT_FALSE(parse_password_algorithm(from_hex("00030000")));
  EXPECT_FALSE(parse_password_algorithm(from_hex("0001000000")));
}

}  // namespace
}  // namespace duet::stun
