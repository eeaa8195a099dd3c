// SPDX-License-Identifier: MIT
// Tests of what feedback says of packets that were sent.
#include <duet/congestion/sent_packets.hpp>
#include <duet/congestion/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

class SentPacketsTest : public testing::Test {
 protected:
  void send(Instant now, int count = 1) {
    for (int i = 0; i < count; ++i) sent_.add(now, rtp::SequenceNumber{next_++}, 1000, 0);
  }

  std::vector<PacketResult> feedback(Instant now) {
    std::vector<PacketResult> all;
    while (const auto one = receiver_.poll(now)) {
      const auto results = sent_.handle_feedback(*one);
      all.insert(all.end(), results.begin(), results.end());
    }
    return all;
  }

  SentPackets sent_;
  TestReceiver receiver_;
  std::uint16_t next_ = 65533;  // wraps soon
};

TEST_F(SentPacketsTest, TellsWhenEachArrived) {
  for (int i = 0; i < 6; ++i) {
    send(ms(i * 10));
    receiver_.handle_packet(ms(1000 + i * 12), static_cast<std::uint16_t>(65533 + i));
  }
  const auto results = feedback(ms(1100));
  ASSERT_EQ(results.size(), 6u);
  for (int i = 0; i < 6; ++i) {
    const auto& result = results[static_cast<std::size_t>(i)];
    EXPECT_EQ(result.sent_at, ms(i * 10));
    EXPECT_EQ(*result.arrived_at - *results[0].arrived_at, i * 12ms);
    EXPECT_EQ(result.sent_through, 1000u * static_cast<unsigned>(i + 1));
  }
  EXPECT_FALSE(sent_.in_flight());
}

TEST_F(SentPacketsTest, BelievesInALossOnlyWhenLaterPacketsHaveCome) {
  send(ms(0), 3);
  receiver_.handle_packet(ms(50), 65533);
  receiver_.handle_packet(ms(50), 65535);
  EXPECT_EQ(feedback(ms(100)).size(), 2u);
  EXPECT_EQ(sent_.oldest_in_flight(), ms(0));
  send(ms(60));
  receiver_.handle_packet(ms(110), 0);
  const auto results = feedback(ms(200));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].arrived_at, std::nullopt);
  EXPECT_TRUE(results[1].arrived_at);
}

TEST_F(SentPacketsTest, WhatWasOvertakenIsNotLost) {
  send(ms(0), 2);
  receiver_.handle_packet(ms(50), 65534);
  EXPECT_EQ(feedback(ms(100)).size(), 1u);
  receiver_.handle_packet(ms(101), 65533);
  const auto results = feedback(ms(200));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_TRUE(results[0].arrived_at);
}

TEST_F(SentPacketsTest, FeedbackThatWasLostIsNoLossOfPackets) {
  send(ms(0), 3);
  for (std::uint16_t i = 0; i < 3; ++i) receiver_.handle_packet(ms(50), 65533 + i);
  while (receiver_.poll(ms(100))) {
  }
  send(ms(100), 2);
  receiver_.handle_packet(ms(150), 0);
  receiver_.handle_packet(ms(150), 1);
  const auto results = feedback(ms(200));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(results[0].arrived_at && results[1].arrived_at);
  EXPECT_FALSE(sent_.in_flight());
}

TEST_F(SentPacketsTest, NumbersThatWereNeverSentSayNothing) {
  send(ms(0), 2);
  for (const int sequence : {0, 1, 7, 40000}) {
    TestReceiver liar;
    liar.handle_packet(ms(50), static_cast<std::uint16_t>(sequence));
    EXPECT_TRUE(sent_.handle_feedback(*liar.poll(ms(100))).empty());
  }
  EXPECT_EQ(sent_.newest(), std::nullopt);
}

TEST_F(SentPacketsTest, APacketHasOneResultHoweverOftenItIsReported) {
  send(ms(0), 2);
  for (int i = 0; i < 3; ++i) {
    TestReceiver again;
    again.handle_packet(ms(50), 65533);
    const auto results = sent_.handle_feedback(*again.poll(ms(100)));
    EXPECT_EQ(results.size(), i == 0 ? 1u : 0u);
  }
}

TEST_F(SentPacketsTest, RemembersABoundedNumber) {
  send(ms(0), static_cast<int>(SentPackets::kMaxPackets) + 10);
  TestReceiver late;
  late.handle_packet(ms(50), 65533);  // forgotten
  EXPECT_TRUE(sent_.handle_feedback(*late.poll(ms(100))).empty());
  receiver_.handle_packet(ms(60), static_cast<std::uint16_t>(next_ - 1));
  EXPECT_EQ(feedback(ms(200)).size(), 1u);
}

}  // namespace
}  // namespace duet::congestion
