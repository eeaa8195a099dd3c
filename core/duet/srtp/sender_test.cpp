// SPDX-License-Identifier: MIT
// What a sender protects and what it refuses.
#include <duet/srtp/srtp_test_support.hpp>

#include <gmock/gmock.h>

namespace duet::srtp {
namespace {

TEST(SrtpSender, LeavesTheHeaderReadableAndTheRestNot) {
  for (const Profile profile : kProfiles) {
    Sender sender{test_key(profile)};
    const Packet plain = rtp({.csrcs = 3, .extension_words = 2});
    const std::size_t head = 12 + 12 + 4 + 8;
    const Packet sent = *protect_rtp(sender, plain);
    ASSERT_EQ(sent.size(), plain.size() + rtp_overhead(profile));
    EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + head, sent.begin()));
    EXPECT_FALSE(std::equal(plain.begin() + head, plain.end(), sent.begin() + head));
  }
}

TEST(SrtpSender, ProtectsEachNumberOnce) {
  Sender sender{test_key(Profile::AeadAes128Gcm)};
  ASSERT_TRUE(protect_rtp(sender, rtp({.sequence = 2000})));
  ASSERT_TRUE(protect_rtp(sender, rtp({.sequence = 1990})));
  EXPECT_EQ(protect_rtp(sender, rtp({.sequence = 2000})).error(), ProtectError::Repeated);
  EXPECT_EQ(protect_rtp(sender, rtp({.sequence = 2000 - 1024})).error(), ProtectError::Repeated);
  EXPECT_TRUE(protect_rtp(sender, rtp({.sequence = 2000, .ssrc = 2})));
}

TEST(SrtpSender, GoesOnWhereTheSequenceNumberRollsOver) {
  for (const Profile profile : kProfiles) {
    Sender sender{test_key(profile)};
    Receiver receiver{test_key(profile)};
    std::uint16_t sequence = 65000;
    for (int i = 0; i < 140'000; i += 7, sequence = static_cast<std::uint16_t>(sequence + 7)) {
      const Packet plain = rtp({.sequence = sequence, .payload = 20});
      ASSERT_EQ(unprotect_rtp(receiver, *protect_rtp(sender, plain)), plain) << i;
    }
  }
}

TEST(SrtpSender, RefusesWhatIsNoPacketAndABufferWithoutRoom) {
  Sender sender{test_key(Profile::AeadAes128Gcm)};
  Packet packet = rtp({.payload = 10});
  EXPECT_EQ(sender.protect_rtp(packet, packet.size()).error(), ProtectError::NoRoom);
  EXPECT_EQ(sender.protect_rtp(packet, packet.size() + 1).error(), ProtectError::NoRoom);
  EXPECT_EQ(protect_rtp(sender, unhex("4060000100000000deadbeef")).error(),
            ProtectError::Malformed);
  EXPECT_EQ(protect_rtp(sender, unhex("8f60000100000000deadbeef")).error(),
            ProtectError::Malformed);
  EXPECT_EQ(protect_rtp(sender, unhex("9060000100000000deadbeefbede0001")).error(),
            ProtectError::Malformed);
  EXPECT_EQ(protect_rtcp(sender, unhex("80c90001dead")).error(), ProtectError::Malformed);
  Packet report = rtcp(1);
  EXPECT_EQ(sender.protect_rtcp(report, report.size()).error(), ProtectError::NoRoom);
}

TEST(SrtpSender, HasAnEndToItsSources) {
  Sender sender{test_key(Profile::AeadAes128Gcm)};
  for (std::uint32_t ssrc = 0; ssrc < kMaxSources; ++ssrc) {
    ASSERT_TRUE(protect_rtp(sender, rtp({.ssrc = ssrc})));
  }
  EXPECT_EQ(protect_rtp(sender, rtp({.ssrc = kMaxSources})).error(), ProtectError::TooManySources);
  EXPECT_TRUE(protect_rtp(sender, rtp({.sequence = 2, .ssrc = 0})));
}

}  // namespace
}  // namespace duet::srtp
