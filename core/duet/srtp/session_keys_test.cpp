// SPDX-License-Identifier: MIT
// The key derivation of RFC 3711 appendix B.3.
#include <duet/srtp/session_keys.hpp>
#include <duet/srtp/srtp_test_support.hpp>

#include <gmock/gmock.h>

namespace duet::srtp {
namespace {

TEST(SessionKeys, AreThoseOfTheRfcExample) {  // RFC 3711 appendix B.3
  const MasterKey master{Profile::Aes128CmSha1, unhex("E1F97A0D3E018BE0D64FA32C06DE4139"),
                         unhex("0EC675AD498AFEEBB6960B3AABE6")};
  const SessionKeys keys = derive_rtp_keys(master);
  EXPECT_EQ(crypto::hex(keys.cipher.bytes()), "c61e7a93744f39ee10734afe3ff7a087");
  EXPECT_EQ(crypto::hex(keys.salt.bytes()), "30cbbc08863d8c85d49db34a9ae1");
  EXPECT_EQ(crypto::hex(keys.authentication.bytes()), "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

TEST(SessionKeys, DifferBetweenRtpAndRtcpAndHaveTheSizesOfTheProfile) {
  for (const Profile profile : kProfiles) {
    const SessionKeys rtp = derive_rtp_keys(test_key(profile));
    const SessionKeys rtcp = derive_rtcp_keys(test_key(profile));
    EXPECT_NE(crypto::hex(rtp.cipher.bytes()), crypto::hex(rtcp.cipher.bytes()));
    EXPECT_NE(crypto::hex(rtp.salt.bytes()), crypto::hex(rtcp.salt.bytes()));
    EXPECT_EQ(rtp.cipher.bytes().size(), key_size(profile));
    EXPECT_EQ(rtp.salt.bytes().size(), salt_size(profile));
    EXPECT_EQ(rtp.authentication.bytes().empty(), is_aead(profile));
  }
}

}  // namespace
}  // namespace duet::srtp
