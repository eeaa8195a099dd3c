// SPDX-License-Identifier: MIT
// Tests of private keys.
#include <duet/crypto/key.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace duet::crypto {
namespace {

TEST(PrivateKey, ComesBackFromItsPem) {
  const std::string pem = PrivateKey::generate_p256().to_pem();
  const auto again = PrivateKey::from_pem(pem);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->to_pem(), pem);
  EXPECT_EQ(again->public_digest(), PrivateKey::from_pem(pem)->public_digest());
  EXPECT_NE(again->public_digest(), PrivateKey::generate_p256().public_digest());
  EXPECT_NE(PrivateKey::generate_p256().to_pem(), pem);
}

TEST(PrivateKey, IsNotFoundInOtherText) {
  for (const std::string_view text :
       {"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    const auto key = PrivateKey::from_pem(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error(), KeyError::NoKey) << text;
  }
}

TEST(PrivateKey, NeverAsksForAPassphrase) {
  // openssl genpkey -algorithm ed25519 -aes128 -pass pass:x
  constexpr std::string_view kEncrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg+NmBKpiiggQICCAAw\n"
      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEPDcLGxmLCHb7/xQe454AZQEQNNo\n"
      "WNlsPSdiO2/0einhTVSJRBqIFNlN3jqfYX3zZLnR3QBl3Gu5ayB7sNoiIc4kbbGI\n"
      "2C0KOSz1wloIsCLtXVs=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  const auto key = PrivateKey::from_pem(kEncrypted);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error(), KeyError::Encrypted);
}

TEST(PrivateKey, LeavesNoErrorBehindForTlsToFind) {
  ASSERT_EQ(ERR_peek_error(), 0u);
  EXPECT_FALSE(PrivateKey::from_pem("nothing"));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace duet::crypto
