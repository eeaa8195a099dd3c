// SPDX-License-Identifier: MIT
// Tests of numbers that wrap and of time as RTCP tells it.
#include <duet/rtp/types.hpp>

#include <gtest/gtest.h>

namespace duet::rtp {
namespace {

template <class T>
concept Ordered = requires(T a, T b) {
  a < b;
};

static_assert(!Ordered<SequenceNumber> && !Ordered<Timestamp>);

TEST(RtpSequenceNumber, TellsOlderFromNewerAcrossTheWrap) {  // RFC 1982 §3.2
  EXPECT_EQ(distance(SequenceNumber{65535}, SequenceNumber{0}), 1);
  EXPECT_EQ(distance(SequenceNumber{0}, SequenceNumber{65535}), -1);
  EXPECT_EQ(distance(SequenceNumber{0}, SequenceNumber{32767}), 32767);
  EXPECT_EQ(distance(SequenceNumber{0}, SequenceNumber{32768}), -32768);
  EXPECT_EQ(SequenceNumber{65530} + 10, SequenceNumber{4});
  EXPECT_EQ(SequenceNumber{3} + -10, SequenceNumber{65529});
  EXPECT_EQ(distance(Timestamp{0xFFFFFFF0}, Timestamp{0x10}), 0x20);
}

TEST(RtpUnwrapper, CountsOnThroughManyWrapsAndBack) {
  Unwrapper<SequenceNumber> sequences;
  EXPECT_FALSE(sequences.started());
  std::int64_t expected = 65000;
  for (int i = 0; i < 1000; ++i, expected += 997) {
    ASSERT_EQ(sequences.unwrap(SequenceNumber{static_cast<std::uint16_t>(expected)}), expected);
  }
  for (int i = 0; i < 1000; ++i) {
    expected -= 997;
    ASSERT_EQ(sequences.unwrap(SequenceNumber{static_cast<std::uint16_t>(expected)}), expected);
  }
  EXPECT_EQ(sequences.unwrap(SequenceNumber{64999}), 64999);
  Unwrapper<SequenceNumber> early;
  EXPECT_EQ(early.unwrap(SequenceNumber{1}), 1);
  EXPECT_EQ(early.peek(SequenceNumber{65535}), -1);
  EXPECT_EQ(early.unwrap(SequenceNumber{2}), 2);
  Unwrapper<Timestamp> timestamps;
  EXPECT_EQ(timestamps.unwrap(Timestamp{0xFFFFFF00}), 0xFFFFFF00);
  EXPECT_EQ(timestamps.unwrap(Timestamp{0x100}), 0x100000100);
}

TEST(RtpNtpTime, ComesFromTheWallClockAndGoesBack) {  // RFC 3550 §4
  const NtpTime start = NtpTime::from_unix(0us);
  EXPECT_EQ(start.value(), 0x83AA7E8000000000u);
  const NtpTime later = NtpTime::from_unix(1'500'000us);
  EXPECT_EQ(later.value(), 0x83AA7E8180000000u);
  EXPECT_EQ(later.compact(), 0x7E818000u);
  EXPECT_EQ(start + 1500ms, later);
  EXPECT_EQ(later + -1500ms, start);
  for (const auto micros : {1us, 999'999us, 1'700'000'123'456us}) {
    EXPECT_EQ(NtpTime::from_unix(micros).since_unix(), micros);
  }
  const NtpClock clock{Instant{5s}, later};
  EXPECT_EQ(clock.at(Instant{3500ms}), start);
}

TEST(RtpRoundTrip, IsThatOfTheRfcExample) {  // RFC 3550 §6.4.1, figure 2
  // n = 0xb710:8000, lsr = 0xb705:2000, dlsr = 0x0005:4000: 6.125 s.
  const NtpTime now{0x0000b71080000000};
  EXPECT_EQ(round_trip(now, 0xb7052000, 0x00054000), 6125ms);
  EXPECT_EQ(to_compact(5250ms), 0x00054000u);
  EXPECT_EQ(from_compact(0x00054000), 5250ms);
}

TEST(RtpRoundTrip, KnowsNothingWithoutAnEchoOrFromLies) {
  const NtpTime now{0x0000b71080000000};
  EXPECT_EQ(round_trip(now, 0, 0x00054000), std::nullopt);
  EXPECT_EQ(round_trip(now, 0xb7108001, 0), 1us);           // a clock that runs a little fast
  EXPECT_EQ(round_trip(now, 0xb7108000, 0), 1us);           // faster than the clock can tell
  EXPECT_EQ(round_trip(now, 0xb7508000, 0), std::nullopt);  // sent in the future
  EXPECT_EQ(round_trip(now, 0xb7052000, 0xFFFFFFFF - 0x00800000), std::nullopt);
  EXPECT_EQ(to_compact(-1s), 0u);
  EXPECT_EQ(to_compact(24h), UINT32_MAX);
}

}  // namespace
}  // namespace duet::rtp
