// SPDX-License-Identifier: MIT
// What a receiver believes and what it drops.
#include <duet/srtp/srtp_test_support.hpp>

#include <gmock/gmock.h>
#include <openssl/err.h>

namespace duet::srtp {
namespace {

class SrtpReceiver : public testing::TestWithParam<Profile> {
 protected:
  Packet sent(const RtpShape& shape) { return *protect_rtp(sender_, rtp(shape)); }

  Packet sent_report(std::uint32_t ssrc = 1) { return *protect_rtcp(sender_, rtcp(ssrc)); }

  Sender sender_{test_key(GetParam())};
  Receiver receiver_{test_key(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Profiles, SrtpReceiver, testing::ValuesIn(kProfiles));

TEST_P(SrtpReceiver, GivesBackWhatWasSent) {
  for (const std::size_t csrcs : {0U, 1U, 15U}) {
    for (const int words : {-1, 0, 5}) {
      for (const std::size_t payload : {0U, 1U, 16U, 1200U}) {
        const RtpShape shape{.sequence = static_cast<std::uint16_t>(payload),
                             .ssrc = static_cast<std::uint32_t>(csrcs * 100 + words + 1U),
                             .csrcs = csrcs,
                             .extension_words = words,
                             .payload = payload};
        EXPECT_EQ(unprotect_rtp(receiver_, sent(shape)), rtp(shape));
      }
    }
  }
  for (const std::size_t rest : {0U, 20U, 1000U}) {
    EXPECT_EQ(unprotect_rtcp(receiver_, *protect_rtcp(sender_, rtcp(9, rest))), rtcp(9, rest));
  }
}

TEST_P(SrtpReceiver, DropsAPacketWithAnyBitFlippedAndThenTakesTheRightOne) {
  const Packet packet = sent({.csrcs = 1, .extension_words = 1, .payload = 9});
  const Packet report = sent_report();
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Packet bad = packet;
    bad[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    ASSERT_FALSE(unprotect_rtp(receiver_, bad)) << bit;
  }
  for (std::size_t bit = 0; bit < report.size() * 8; ++bit) {
    Packet bad = report;
    bad[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    ASSERT_FALSE(unprotect_rtcp(receiver_, bad)) << bit;
  }
  EXPECT_TRUE(unprotect_rtp(receiver_, packet));
  EXPECT_TRUE(unprotect_rtcp(receiver_, report));
  EXPECT_EQ(ERR_peek_error(), 0U);  // TLS on this thread would find it
}

TEST_P(SrtpReceiver, DropsEveryBeginningOfAPacket) {
  const Packet packet = sent({.csrcs = 1, .extension_words = 1, .payload = 9});
  const Packet report = sent_report();
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(unprotect_rtp(receiver_, Packet(packet.begin(), packet.begin() + size)));
  }
  for (std::size_t size = 0; size < report.size(); ++size) {
    EXPECT_FALSE(unprotect_rtcp(receiver_, Packet(report.begin(), report.begin() + size)));
  }
}

TEST_P(SrtpReceiver, TakesEachPacketOnceAndInAnyOrderWithin1024) {
  std::vector<Packet> packets;
  for (std::uint16_t sequence = 0; sequence < 1100; ++sequence) {
    packets.push_back(sent({.sequence = sequence, .payload = 1}));
  }
  EXPECT_TRUE(unprotect_rtp(receiver_, packets[1099]));
  EXPECT_TRUE(unprotect_rtp(receiver_, packets[76]));
  EXPECT_EQ(unprotect_rtp(receiver_, packets[75]).error(), UnprotectError::Replayed);
  EXPECT_EQ(unprotect_rtp(receiver_, packets[1099]).error(), UnprotectError::Replayed);
  EXPECT_EQ(unprotect_rtp(receiver_, packets[76]).error(), UnprotectError::Replayed);
  const Packet report = sent_report();
  EXPECT_TRUE(unprotect_rtcp(receiver_, report));
  EXPECT_EQ(unprotect_rtcp(receiver_, report).error(), UnprotectError::Replayed);
}

TEST_P(SrtpReceiver, RemembersNoSourceOfAPacketThatIsNotAuthentic) {
  const Packet packet = sent({.ssrc = 1});
  for (std::uint32_t ssrc = 2; ssrc < 2 + 2 * kMaxSources; ++ssrc) {
    Packet forged = packet;
    for (std::size_t i = 0; i < 4; ++i)
      forged[8 + i] = static_cast<std::byte>(ssrc >> (24 - 8 * i));
    ASSERT_EQ(unprotect_rtp(receiver_, forged).error(), UnprotectError::Unauthentic);
  }
  EXPECT_TRUE(unprotect_rtp(receiver_, packet));
}

TEST_P(SrtpReceiver, HasAnEndToItsSources) {
  for (std::uint32_t ssrc = 0; ssrc < kMaxSources; ++ssrc) {
    ASSERT_TRUE(unprotect_rtp(receiver_, sent({.ssrc = ssrc})));
    ASSERT_TRUE(unprotect_rtcp(receiver_, sent_report(ssrc)));
  }
  Sender other{test_key(GetParam())};
  EXPECT_EQ(unprotect_rtp(receiver_, *protect_rtp(other, rtp({.ssrc = kMaxSources}))).error(),
            UnprotectError::TooManySources);
  EXPECT_EQ(unprotect_rtcp(receiver_, *protect_rtcp(other, rtcp(kMaxSources))).error(),
            UnprotectError::TooManySources);
  EXPECT_TRUE(unprotect_rtp(receiver_, sent({.sequence = 2, .ssrc = 3})));
}

TEST_P(SrtpReceiver, DropsRtcpThatIsNotEncrypted) {
  Packet report = sent_report();
  const std::size_t word = report.size() - 4 - (is_aead(GetParam()) ? 0 : 10);
  report[word] &= std::byte{0x7F};
  EXPECT_EQ(unprotect_rtcp(receiver_, report).error(), UnprotectError::NotEncrypted);
}

TEST_P(SrtpReceiver, BelievesNoOtherKey) {
  Receiver other{test_key(GetParam(), 2)};
  EXPECT_EQ(unprotect_rtp(other, sent({})).error(), UnprotectError::Unauthentic);
  EXPECT_EQ(unprotect_rtcp(other, sent_report()).error(), UnprotectError::Unauthentic);
}

}  // namespace
}  // namespace duet::srtp
