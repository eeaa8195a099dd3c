// SPDX-License-Identifier: MIT
// Tests of a stream's statistics and of the list of what is missing.
#include <duet/base/random.hpp>
#include <duet/rtp/nack_list.hpp>
#include <duet/rtp/reception.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

namespace duet::rtp {
namespace {

using testing::ElementsAre;
using Verdict = Reception::Verdict;

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

Verdict receive(Reception& reception, int sequence) {
  return reception.handle_packet(ms(0), SequenceNumber{static_cast<std::uint16_t>(sequence)}, {},
                                 0);
}

TEST(RtpReception, CountsLossAsTheRfcDoes) {  // RFC 3550 A.3
  Reception reception;
  EXPECT_EQ(reception.lost(), 0);
  for (int i = 65530; i < 65546; ++i) {
    if (i % 4 == 0) continue;
    EXPECT_EQ(receive(reception, i), Verdict::Newest);
  }
  // 65530 to 65545 were expected; 65532, 65536, 65540 and 65544 are lost.
  ReportBlock block = reception.take_report(Ssrc{1});
  EXPECT_EQ(block.cumulative_lost, 4);
  EXPECT_EQ(block.fraction_lost, 4 * 256 / 16);
  EXPECT_EQ(block.highest_sequence, 65545u);
  EXPECT_EQ(receive(reception, 65536), Verdict::Late);
  EXPECT_EQ(receive(reception, 10), Verdict::Newest);
  block = reception.take_report(Ssrc{1});
  EXPECT_EQ(block.cumulative_lost, 3);
  EXPECT_EQ(block.fraction_lost, 0);  // more came than were expected
  EXPECT_EQ(reception.take_report(Ssrc{1}).fraction_lost, 0);
}

TEST(RtpReception, CountsDuplicatesAgainstTheLoss) {  // RFC 3550 §6.4.1
  Reception reception;
  receive(reception, 1);
  EXPECT_EQ(receive(reception, 1), Verdict::Duplicate);
  receive(reception, 2);
  EXPECT_EQ(receive(reception, 1), Verdict::Duplicate);
  EXPECT_EQ(reception.take_report(Ssrc{1}).cumulative_lost, -2);
}

TEST(RtpReception, RecoveredPacketsAreStillLostOnThePath) {  // RFC 4588 §9
  Reception reception;
  receive(reception, 1);
  receive(reception, 4);
  EXPECT_EQ(reception.handle_recovered(SequenceNumber{2}), Verdict::Late);
  EXPECT_EQ(reception.handle_recovered(SequenceNumber{2}), Verdict::Duplicate);
  EXPECT_EQ(receive(reception, 2), Verdict::Duplicate);
  EXPECT_EQ(reception.handle_recovered(SequenceNumber{5}), Verdict::Newest);
  EXPECT_EQ(reception.highest(), 5);
}

TEST(RtpReception, BeginsAnewOnlyAfterTwoPacketsInARow) {  // RFC 3550 A.1
  Reception reception;
  receive(reception, 100);
  EXPECT_EQ(receive(reception, 20000), Verdict::Refused);
  EXPECT_EQ(receive(reception, 101), Verdict::Newest);
  EXPECT_EQ(receive(reception, 20001), Verdict::Refused);  // the pair was interrupted
  EXPECT_EQ(receive(reception, 20002), Verdict::Restarted);
  EXPECT_EQ(reception.highest(), 2 * 65536 + 20002);
  EXPECT_EQ(receive(reception, 20003), Verdict::Newest);
  EXPECT_EQ(reception.lost(), 0);
  EXPECT_EQ(reception.handle_recovered(SequenceNumber{100}), Verdict::Refused);
}

TEST(RtpReception, TakesJumpsAndDelaysUpToItsBounds) {
  Reception reception;
  receive(reception, 0);
  EXPECT_EQ(receive(reception, Reception::kMaxDropout), Verdict::Newest);
  EXPECT_EQ(receive(reception, 2 * Reception::kMaxDropout + 1), Verdict::Refused);
  EXPECT_EQ(receive(reception, Reception::kMaxDropout - Reception::kMaxMisorder), Verdict::Late);
  EXPECT_EQ(receive(reception, Reception::kMaxDropout - Reception::kMaxMisorder - 1),
            Verdict::Refused);
}

TEST(RtpReception, FindsEachPacketNewExactlyOnce) {
  SeededRandom random{7};
  Reception reception;
  std::set<std::int64_t> seen;
  std::int64_t position = 65000;
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t sequence = position + static_cast<std::int64_t>(random.u64() % 1500);
    position += static_cast<std::int64_t>(random.u64() % 3);
    const Verdict verdict = receive(reception, static_cast<int>(sequence & 0xFFFF));
    ASSERT_EQ(verdict == Verdict::Duplicate, !seen.insert(sequence).second);
  }
}

TEST(RtpReception, MeasuresJitterAsTheRfcDoes) {  // RFC 3550 A.8
  Reception reception;
  const auto receive_at = [&](int sequence, Instant now, std::uint32_t timestamp) {
    reception.handle_packet(now, SequenceNumber{static_cast<std::uint16_t>(sequence)},
                            Timestamp{timestamp}, 8000);
  };
  // Every second packet comes 2 ms late, so |D| is 16 ticks each time: J approaches 16.
  for (int i = 0; i < 400; ++i) {
    receive_at(i, ms(20 * i + i % 2 * 2), 0xFFFFF000u + 160u * static_cast<std::uint32_t>(i));
  }
  EXPECT_NEAR(reception.jitter(), 16, 1);
  // A timestamp that jumps says nothing of the path.
  receive_at(400, ms(8000), 5);
  EXPECT_NEAR(reception.jitter(), 16, 1);
}

class NackTest : public testing::Test {
 protected:
  void receive(Instant now, std::initializer_list<int> sequences, bool recovered = false) {
    for (const int sequence : sequences) list_.handle_packet(now, sequence, recovered);
  }

  std::vector<int> ask(Instant now) {
    std::array<SequenceNumber, 2000> out;
    const std::size_t count = list_.poll_nack(now, out);
    std::vector<int> asked;
    for (const SequenceNumber number : std::span{out}.first(count)) asked.push_back(number.value());
    return asked;
  }

  NackList list_;
};

TEST_F(NackTest, AsksAfterAWaitAndAgainAfterEachRoundTrip) {
  list_.set_round_trip(40ms);
  receive(ms(0), {1, 2, 5});
  EXPECT_EQ(list_.next_timeout(), ms(5));
  EXPECT_THAT(ask(ms(4)), ElementsAre());
  EXPECT_THAT(ask(ms(5)), ElementsAre(3, 4));
  EXPECT_THAT(ask(ms(54)), ElementsAre());
  EXPECT_EQ(list_.next_timeout(), ms(55));
  receive(ms(50), {4}, true);
  EXPECT_THAT(ask(ms(55)), ElementsAre(3));
  receive(ms(60), {3}, true);
  EXPECT_EQ(list_.next_timeout(), std::nullopt);
  EXPECT_FALSE(list_.poll_gave_up());
}

TEST_F(NackTest, DoesNotAskForWhatOnlyComesInAnotherOrder) {
  receive(ms(0), {1, 3});
  receive(ms(2), {2});
  EXPECT_EQ(list_.next_timeout(), std::nullopt);
}

TEST_F(NackTest, WaitsAsLongAsPacketsComeLate) {
  int sequence = 0;
  std::size_t needless = 0;
  for (int i = 0; i < 100; ++i, sequence += 2) {
    receive(ms(i * 100), {sequence, sequence + 2});
    needless += ask(ms(i * 100 + 19)).size();
    receive(ms(i * 100 + 20), {sequence + 1});
  }
  EXPECT_LE(needless, 10u);
}

TEST_F(NackTest, GivesUpInTheEnd) {
  receive(ms(0), {1, 3});
  std::size_t asked = 0;
  while (list_.next_timeout()) asked += ask(*list_.next_timeout()).size();
  EXPECT_EQ(asked, static_cast<std::size_t>(NackList::kMaxRequests));
  EXPECT_TRUE(list_.poll_gave_up());
  EXPECT_FALSE(list_.poll_gave_up());
}

TEST_F(NackTest, WantsAKeyFrameWhenTooMuchIsMissing) {
  receive(ms(0), {1, 1002});
  EXPECT_EQ(list_.missing(), NackList::kMaxMissing);
  EXPECT_FALSE(list_.poll_gave_up());
  receive(ms(1), {1004});
  EXPECT_EQ(list_.missing(), 0u);
  EXPECT_TRUE(list_.poll_gave_up());
  EXPECT_EQ(list_.next_timeout(), std::nullopt);
}

TEST_F(NackTest, AsksTwiceInARoundTripWhereMuchIsLost) {
  list_.set_round_trip(40ms);
  int sequence = 0;
  for (int i = 0; i < 100; ++i, sequence += 10) {  // every tenth packet
    for (int j = 1; j < 10; ++j) receive(ms(i * 100), {sequence + j});
    ask(ms(i * 100 + 5));
    receive(ms(i * 100 + 45), {sequence}, true);
  }
  receive(ms(20'000), {sequence + 1});
  EXPECT_THAT(ask(ms(20'005)), ElementsAre(sequence));
  EXPECT_THAT(ask(ms(20'024)), ElementsAre());
  EXPECT_THAT(ask(ms(20'025)), ElementsAre(sequence));
  EXPECT_THAT(ask(ms(20'054)), ElementsAre());
  EXPECT_THAT(ask(ms(20'055)), ElementsAre(sequence));
  std::size_t asked = 3;
  while (list_.next_timeout()) asked += ask(*list_.next_timeout()).size();
  EXPECT_EQ(asked, 2u * NackList::kMaxRequests);
}

TEST_F(NackTest, ForgetsWhatIsOfNoUseAnyMore) {
  receive(ms(0), {1, 4, 6});
  list_.forget_before(5);
  EXPECT_THAT(ask(ms(5)), ElementsAre(5));
  list_.forget_before(6);
  EXPECT_EQ(list_.next_timeout(), std::nullopt);
  EXPECT_FALSE(list_.poll_gave_up());
}

TEST_F(NackTest, AsksInPortionsOldestFirst) {
  receive(ms(0), {1, 10});
  std::array<SequenceNumber, 3> out;
  EXPECT_EQ(list_.poll_nack(ms(5), out), 3u);
  EXPECT_EQ(out[2], SequenceNumber{4});
  EXPECT_EQ(list_.poll_nack(ms(5), out), 3u);
  EXPECT_EQ(out[0], SequenceNumber{5});
  EXPECT_EQ(list_.poll_nack(ms(5), out), 2u);
  EXPECT_EQ(list_.poll_nack(ms(5), out), 0u);
}

}  // namespace
}  // namespace duet::rtp
