// SPDX-License-Identifier: MIT
// Tests of the spaces between packets.
#include <duet/congestion/pacer.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

Instant ms(std::int64_t count) { return Instant{1h + count * 1ms}; }

/// Packets of 1,000 bytes until nothing may leave any more.
int send(Pacer& pacer, Instant now) {
  int sent = 0;
  for (; pacer.may_send(now); ++sent) pacer.handle_sent(now, 1000);
  return sent;
}

TEST(Pacer, SpacesPacketsByTheirSize) {
  const Config config;
  Pacer pacer{config};
  pacer.set_rate(800'000);  // 10 ms each
  send(pacer, ms(0));
  int sent = 0;
  for (int i = 1; i <= 1000; ++i) sent += send(pacer, ms(i));
  EXPECT_NEAR(sent, 100, 1);
}

TEST(Pacer, ATimerThatComesLateCostsNothing) {
  const Config config;
  Pacer pacer{config};
  pacer.set_rate(8'000'000);  // 1 ms each
  send(pacer, ms(0));
  int sent = 0;
  for (int i = 4; i <= 1000; i += 4) sent += send(pacer, ms(i));
  EXPECT_NEAR(sent, 1000, 10);
}

TEST(Pacer, AfterAPauseABurstIsShort) {
  const Config config;
  Pacer pacer{config};
  pacer.set_rate(8'000'000);
  EXPECT_LE(send(pacer, ms(0)), config.pacing_burst / 1ms + 1);
  EXPECT_LE(send(pacer, ms(60'000)), config.pacing_burst / 1ms + 1);
}

TEST(Pacer, AProbeHasARateOfItsOwnAndEnds) {
  const Config config;
  Pacer pacer{config};
  pacer.set_rate(80'000);
  send(pacer, ms(0));
  EXPECT_FALSE(pacer.may_send(ms(20)));
  pacer.begin(ms(20), {.id = 7, .rate_bps = 4'000'000, .packets = 5, .bytes = 8000});
  int sent = 0;
  for (int i = 20; i < 36; ++i) sent += send(pacer, ms(i));  // 2 ms each, 8 of them
  EXPECT_EQ(sent, 8);
  EXPECT_FALSE(pacer.probe());
  pacer.handle_sent(ms(36), 1000);
  EXPECT_FALSE(pacer.may_send(ms(100)));
}

}  // namespace
}  // namespace duet::congestion
