// SPDX-License-Identifier: MIT
// Tests of transport-wide feedback, in and out.
#include <duet/base/random.hpp>
#include <duet/rtp/arrivals.hpp>
#include <duet/rtp/test_support.hpp>
#include <duet/rtp/transport_feedback.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

namespace duet::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

Result<TransportFeedback, RtcpError> parse(std::span<const std::byte> control) {
  return TransportFeedback::parse(
      Feedback{.type = RtcpType::TransportFeedback, .format = 15, .control = control});
}

std::vector<PacketArrival> arrivals_in(std::span<const std::byte> control) {
  const auto feedback = parse(control);
  EXPECT_TRUE(feedback);
  std::vector<PacketArrival> out;
  if (feedback) {
    for (const PacketArrival& arrival : *feedback) out.push_back(arrival);
    EXPECT_EQ(out.size(), feedback->status_count());
  }
  return out;
}

PacketArrival at(int sequence, Duration time) {
  return {SequenceNumber{static_cast<std::uint16_t>(sequence)}, time};
}

PacketArrival lost(int sequence) {
  return {SequenceNumber{static_cast<std::uint16_t>(sequence)}, std::nullopt};
}

TEST(RtcpTransportFeedback, ReadsEveryKindOfChunkAndDelta) {  // §3.1.3, §3.1.4, §3.1.5
  // Two small ones in a run, 14 one-bit symbols, 7 two-bit symbols of which three count.
  const auto control = from_hex(
      "fffe 0013 000002 07 2002 a400 d900"
      "04 08 10 ff 80 fffc 01");
  const auto found = arrivals_in(control);
  ASSERT_EQ(found.size(), 19u);
  EXPECT_EQ(found[0], at(65534, 1ms));
  EXPECT_EQ(found[1], at(65535, 3ms));
  EXPECT_EQ(found[2], at(0, 7ms));
  EXPECT_EQ(found[3], lost(1));
  EXPECT_EQ(found[4], lost(2));
  EXPECT_EQ(found[5], at(3, 7ms + 63750us));
  EXPECT_EQ(found[6], lost(4));
  EXPECT_EQ(found[16], at(14, 102750us));
  EXPECT_EQ(found[17], at(15, 101750us));  // one that came before the one before it
  EXPECT_EQ(found[18], at(16, 102ms));
  const auto feedback = parse(control);
  EXPECT_EQ(feedback->base(), SequenceNumber{65534});
  EXPECT_EQ(feedback->reference(), ReferenceTime{2});
  EXPECT_EQ(feedback->feedback_count(), 7);
  EXPECT_EQ(feedback->received_count(), 7u);
}

TEST(RtcpTransportFeedback, IsFilledUpByPaddingOfOneToThreeBytes) {  // as Chromium and Firefox do
  for (const auto& [hex, count] : std::vector<std::pair<std::string_view, std::size_t>>{
           {"afcd0005 00000001 00000002 00010001 00000101 2001 04 01", 1},
           {"afcd0006 00000001 00000002 00010003 00000101 2003 040810 000003", 3},
           {"afcd0006 00000001 00000002 00010004 00000101 2004 04081004 0002", 4}}) {
    const auto bytes = from_hex(hex);
    const auto compound = RtcpCompound::parse(bytes);
    ASSERT_TRUE(compound) << hex;
    const auto feedback = TransportFeedback::parse(*Feedback::parse(*compound->begin()));
    ASSERT_TRUE(feedback) << hex;
    EXPECT_EQ(feedback->received_count(), count);
  }
}

TEST(RtcpTransportFeedback, RefusesStatusCountsThatLie) {  // incident class: counts of 65535
  const auto error = [](std::string_view hex) {
    const auto feedback = parse(from_hex(hex));
    return feedback ? std::optional<RtcpError>{} : feedback.error();
  };
  EXPECT_EQ(error("0000 ffff 000000 00 1fff1fff1fff1fff 1fff1fff1fff1fff 1fff"),
            RtcpError::TooMany);
  EXPECT_EQ(error("0000 8000 000000 00 1fff1fff1fff1fff 0004"), std::nullopt);
  EXPECT_EQ(error("0000 8000 000000 00 3fff3fff3fff3fff 2004"), RtcpError::Truncated);  // no deltas
  EXPECT_EQ(error("0000 8000 000000 00 1fff1fff1fff"), RtcpError::Truncated);
  EXPECT_EQ(error("0000 0000 000000 00"), RtcpError::BadContent);
  EXPECT_EQ(error("0000 0001 000000 00 2000"), RtcpError::BadContent);       // a run of none
  EXPECT_EQ(error("0000 0001 000000 00 6001 0000"), RtcpError::BadContent);  // reserved symbols
  EXPECT_EQ(error("0000 0007 000000 00 c003 0000"), RtcpError::BadContent);
  EXPECT_EQ(error("0000 0001 000000"), RtcpError::Truncated);
  EXPECT_EQ(error("0000 0002 000000 00 4002 000000"), RtcpError::Truncated);
}

TEST(RtcpTransportFeedback, PassesOverThousandsInOneStep) {
  // 3 times 8191 that did not arrive, one that did, 2 of 3 that did not, and one that did.
  const auto control = from_hex("0005 6001 000002 07 1fff 1fff 1fff 2001 0002 2001 04 08");
  const auto feedback = parse(control);
  ASSERT_TRUE(feedback);
  std::vector<PacketArrival> found;
  std::vector<std::size_t> runs;
  for (auto it = feedback->begin(); it != feedback->end();) {
    if ((*it).at) found.push_back(*it);
    runs.push_back(it.missing_run());
    it.skip(it.missing_run());
  }
  EXPECT_THAT(runs, ElementsAre(8191, 8191, 8191, 1, 2, 1));
  EXPECT_THAT(found, ElementsAre(at(5 + 3 * 8191, 1ms), at(5 + 3 * 8191 + 3, 3ms)));
  auto it = feedback->begin();
  it.skip(100);
  EXPECT_EQ((*it).sequence, SequenceNumber{105});
  EXPECT_EQ(it.missing_run(), 8091);
}

TEST(RtcpTransportFeedback, ReferencesCompareAcrossTheWrap) {
  EXPECT_EQ(TransportFeedback::between(ReferenceTime{0xFFFFFF}, ReferenceTime{1}), 128ms);
  EXPECT_EQ(TransportFeedback::between(ReferenceTime{1}, ReferenceTime{0xFFFFFF}), -128ms);
}

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

TEST(RtcpArrivals, TellsWhatCameAndWhatDidNot) {
  Arrivals arrivals{50ms};
  EXPECT_EQ(arrivals.next_timeout(), std::nullopt);
  arrivals.handle_packet(ms(128), SequenceNumber{65535});
  arrivals.handle_packet(ms(129), SequenceNumber{0});
  arrivals.handle_packet(ms(300), SequenceNumber{2});
  arrivals.handle_packet(ms(299), SequenceNumber{3});
  arrivals.handle_packet(ms(300), SequenceNumber{3});
  EXPECT_EQ(arrivals.next_timeout(), ms(178));
  std::array<std::byte, 1000> buffer{};
  EXPECT_TRUE(arrivals.poll_feedback(ms(177), buffer).empty());
  const auto control = arrivals.poll_feedback(ms(178), buffer);
  EXPECT_THAT(control, ElementsAreArray(from_hex("ffff 0005 000002 00 d4a0 00 04 02ac fffc")));
  EXPECT_THAT(arrivals_in(control),
              ElementsAre(at(65535, 0ms), at(0, 1ms), lost(1), at(2, 172ms), at(3, 171ms)));
  EXPECT_TRUE(arrivals.poll_feedback(ms(178), buffer).empty());
  EXPECT_EQ(arrivals.next_timeout(), std::nullopt);
  EXPECT_EQ(arrivals.stats().duplicates, 1u);
  EXPECT_EQ(arrivals.stats().packets, 4u);
}

TEST(RtcpArrivals, TellsAtOnceWhatComesAfterASilence) {
  Arrivals arrivals;
  std::array<std::byte, 100> buffer{};
  arrivals.handle_packet(ms(1000), SequenceNumber{1});
  EXPECT_EQ(arrivals.next_timeout(), ms(1050));
  arrivals.poll_feedback(ms(1050), buffer);
  arrivals.poll_feedback(ms(1050), buffer);
  arrivals.handle_packet(ms(1299), SequenceNumber{2});
  EXPECT_EQ(arrivals.next_timeout(), ms(1349));
  arrivals.poll_feedback(ms(1349), buffer);
  arrivals.poll_feedback(ms(1349), buffer);
  arrivals.handle_packet(ms(3000), SequenceNumber{60});
  EXPECT_EQ(arrivals.next_timeout(), ms(3000));
  EXPECT_FALSE(arrivals.poll_feedback(ms(3000), buffer).empty());
}

TEST(RtcpArrivals, TellsALateOneWithThoseAfterIt) {
  Arrivals arrivals{50ms};
  std::array<std::byte, 1000> buffer{};
  arrivals.handle_packet(ms(0), SequenceNumber{1});
  arrivals.handle_packet(ms(1), SequenceNumber{3});
  arrivals.poll_feedback(ms(50), buffer);
  arrivals.handle_packet(ms(60), SequenceNumber{2});
  const auto control = arrivals.poll_feedback(*arrivals.next_timeout(), buffer);
  EXPECT_THAT(arrivals_in(control), ElementsAre(at(2, 60ms), at(3, 1ms)));
}

TEST(RtcpArrivals, NeedsASecondPacketForAGapThatNoDeltaSpans) {
  Arrivals arrivals{50ms};
  std::array<std::byte, 1000> buffer{};
  arrivals.handle_packet(ms(0), SequenceNumber{1});
  arrivals.handle_packet(ms(9000), SequenceNumber{2});
  EXPECT_THAT(arrivals_in(arrivals.poll_feedback(ms(9000), buffer)), ElementsAre(at(1, 0ms)));
  EXPECT_EQ(arrivals.next_timeout(), ms(50));
  const auto second = arrivals.poll_feedback(ms(9000), buffer);
  EXPECT_THAT(arrivals_in(second), ElementsAre(at(2, 40ms)));
  EXPECT_EQ(parse(second)->feedback_count(), 1);
}

TEST(RtcpArrivals, BeginsAnewAfterAJumpOutOfTheWindow) {
  Arrivals arrivals{50ms};
  std::array<std::byte, 1000> buffer{};
  arrivals.handle_packet(ms(0), SequenceNumber{1});
  arrivals.handle_packet(ms(1), SequenceNumber{20000});
  EXPECT_EQ(arrivals.stats().restarts, 1u);
  EXPECT_THAT(arrivals_in(arrivals.poll_feedback(ms(50), buffer)), ElementsAre(at(20000, 1ms)));
}

TEST(RtcpArrivals, TellsEveryPacketOfALossyLinkInAnyBuffer) {
  for (const std::size_t size : {12u, 20u, 60u, 1000u, 4000u}) {
    SeededRandom random{size};
    Arrivals arrivals{50ms};
    std::map<std::uint16_t, std::int64_t> sent;
    std::map<std::uint16_t, std::int64_t> told;
    std::vector<std::byte> buffer(size);
    Instant now{7s};
    std::uint16_t sequence = 65000;
    const auto collect = [&] {
      while (true) {
        const auto control = arrivals.poll_feedback(now + 1s, buffer);
        if (control.empty()) return;
        const auto feedback = parse(control);
        ASSERT_TRUE(feedback);
        for (const PacketArrival& arrival : *feedback) {
          if (!arrival.at) continue;
          told[arrival.sequence.value()] =
              (feedback->reference().value() * 64ms + *arrival.at).count();
        }
      }
    };
    for (int i = 0; i < 3000; ++i) {
      now += std::chrono::microseconds{random.u64() % 3000};
      ++sequence;
      const bool burst = i % 500 > 450;
      if (burst || random.u64() % 10 == 0) continue;
      arrivals.handle_packet(now, SequenceNumber{sequence});
      sent[sequence] = now.time_since_epoch().count();
      if (arrivals.next_timeout() <= now) collect();
    }
    collect();
    ASSERT_EQ(sent.size(), told.size()) << size;
    for (const auto& [number, time] : sent) {
      ASSERT_LE(told[number], time) << number;
      ASSERT_LT(time - told[number], 250) << number;
    }
  }
}

}  // namespace
}  // namespace duet::rtp
