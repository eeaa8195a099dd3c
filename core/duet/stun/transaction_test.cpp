// SPDX-License-Identifier: MIT
// Tests of retransmission.
#include <duet/stun/transaction.hpp>

#include <gmock/gmock.h>

#include <vector>

namespace duet::stun {
namespace {

using testing::ElementsAre;

constexpr TransactionId kId = {std::byte{7}};

Transaction make(Transaction::Carrier carrier = Transaction::Carrier::Datagram) {
  return Transaction{Instant{}, kId, std::vector<std::byte>(20), carrier};
}

TEST(StunTransaction, SendsAtTheTimesOfTheRfcExample) {  // RFC 8489 §6.2.1
  Transaction transaction = make();
  std::vector<Duration> times;
  Instant now{};
  while (!transaction.poll_event()) {
    if (transaction.poll_transmit()) times.push_back(now.time_since_epoch());
    if (!transaction.next_timeout()) break;
    now = *transaction.next_timeout();
    transaction.handle_timeout(now);
  }
  EXPECT_THAT(times, ElementsAre(0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms));
  EXPECT_EQ(now.time_since_epoch(), 39500ms);
}

TEST(StunTransaction, EndsWithItsAnswerAndNoOther) {
  Transaction transaction = make();
  EXPECT_TRUE(transaction.poll_transmit());
  EXPECT_FALSE(transaction.poll_transmit());
  transaction.handle_response(TransactionId{});
  EXPECT_FALSE(transaction.poll_event());
  transaction.handle_response(kId);
  EXPECT_EQ(transaction.poll_event(), Transaction::Outcome::Answered);
  EXPECT_FALSE(transaction.poll_event());
  EXPECT_FALSE(transaction.next_timeout());
  transaction.handle_timeout(Instant{100s});
  EXPECT_FALSE(transaction.poll_transmit());
}

TEST(StunTransaction, SendsOnceOverAStream) {  // RFC 8489 §6.2.2
  Transaction transaction = make(Transaction::Carrier::Stream);
  EXPECT_TRUE(transaction.poll_transmit());
  EXPECT_EQ(transaction.next_timeout(), Instant{39500ms});
  transaction.handle_timeout(Instant{39499ms});
  EXPECT_FALSE(transaction.poll_event());
  transaction.handle_timeout(Instant{39500ms});
  EXPECT_FALSE(transaction.poll_transmit());
  EXPECT_EQ(transaction.poll_event(), Transaction::Outcome::TimedOut);
}

}  // namespace
}  // namespace duet::stun
