// SPDX-License-Identifier: MIT
// How two ends agree on the protection of media.
#include <duet/rtc/test_ends.hpp>
#include <duet/srtp/profile.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace duet::rtc {
namespace {

/// Both ends with one way alone to protect media.
struct ProfileTest : testing::TestWithParam<srtp::Profile> {};

TEST_P(ProfileTest, IsAgreedOnWhereItIsTheOnlyOne) {  // RFC 5764 §4.1.2, RFC 7714 §14.2

  struct Ends : TwoEnds {
    using TwoEnds::TwoEnds;

    void TestBody() override {}
  };

  Ends ends{{.loopback = Loopback::Included, .srtp_profiles = {GetParam()}}};
  const auto id = *ends.alice.connection->add_transceiver(peer::MediaKind::Audio);
  ends.open();
  const std::array<std::byte, 160> payload{};
  ASSERT_TRUE(ends.alice.connection->send(id, {.payload = payload}));
  ends.run_until([&] { return ends.bob.packets == 1; });
  for (const End* end : {&ends.alice, &ends.bob}) {
    const auto report = end->connection->get_stats();
    EXPECT_EQ(report.all<peer::TransportStats>().at(0)->srtp_cipher, srtp::name(GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(Each, ProfileTest,
                         testing::Values(srtp::Profile::Aes128CmSha1, srtp::Profile::AeadAes128Gcm,
                                         srtp::Profile::AeadAes256Gcm));

TEST(ProfilesTest, WithoutACommonOneThereAreMessagesAndNoMedia) {
  net::EventLoop loop;
  SeededRandom random{1};
  Runtime runtime{loop, random};
  End alice{runtime,
            {.loopback = Loopback::Included, .srtp_profiles = {srtp::Profile::Aes128CmSha1}}};
  End bob{runtime,
          {.loopback = Loopback::Included, .srtp_profiles = {srtp::Profile::AeadAes256Gcm}}};
  alice.mate = &bob;
  bob.mate = &alice;
  const auto id = *alice.connection->add_transceiver(peer::MediaKind::Audio);
  alice.adopt(*alice.connection->create_data_channel({.label = "chat"}));
  alice.call();
  for (const Instant end = loop.now() + 5s; !alice.is_open && loop.now() < end;) {
    loop.run_turn(50ms);
  }
  EXPECT_TRUE(alice.is_open);
  const std::array<std::byte, 160> payload{};
  EXPECT_EQ(alice.connection->send(id, {.payload = payload}).error().name,
            Error::Name::InvalidStateError);
}

}  // namespace
}  // namespace duet::rtc
