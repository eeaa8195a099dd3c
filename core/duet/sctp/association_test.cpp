// SPDX-License-Identifier: MIT
// Whole associations over a modelled link.
#include <duet/sctp/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::sctp {
namespace {

TEST(SctpAssociation, ConnectsWhenBothEndsBeginAtOnce) {
  Lab lab;
  EXPECT_TRUE(lab.run_connected());
  EXPECT_EQ(lab.now - Instant{1s},
            30ms);  // INIT, INIT ACK, COOKIE ECHO: one and a half round trips
  lab.run_for(1s);
  EXPECT_NE(lab.a.find<Connected>(), nullptr);
  EXPECT_NE(lab.b.find<Connected>(), nullptr);
}

TEST(SctpAssociation, CarriesMessagesOfManySizes) {
  Lab lab;
  ASSERT_TRUE(lab.run_connected());
  for (const std::size_t size : {1U, 3U, 1000U, 1200U, 5000U, 65536U}) {
    ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(size)));
  }
  ASSERT_TRUE(lab.run_until([&] { return lab.b.messages.size() == 6; }));
  for (const Message& message : lab.b.messages) {
    EXPECT_EQ(message.bytes, Lab::pattern(message.bytes.size()));
  }
}

TEST(SctpAssociation, UsesSixTenthsOfALongPathThatLosesAThousandth) {
  Config config;
  config.round_trip = 100ms;
  Lab lab{{.delay = 50ms, .rate_bps = 100e6, .loss = 0.001, .queue = 625'000}, config};
  ASSERT_TRUE(lab.run_connected());
  lab.b.keeps_messages = false;
  const auto fill = [&] {
    while (lab.a.association->buffered(StreamId{1}) < 1'000'000 &&
           lab.send(lab.a, 1, Lab::pattern(65536))) {
    }
    return false;
  };
  const Instant start = lab.now;
  lab.run_until(fill, 20s);
  const double rate = static_cast<double>(lab.b.bytes_received) * 8 /
                      std::chrono::duration<double>(lab.now - start).count();
  EXPECT_GE(rate, 60e6);
}

}  // namespace
}  // namespace duet::sctp
