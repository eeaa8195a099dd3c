// SPDX-License-Identifier: MIT
// Questions to the local link.
#include <duet/mdns/querier.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace duet::mdns {
namespace {

using testing::ElementsAre;

constexpr Instant kStart{};
const IpAddress kAddress = IpAddress::v4({192, 168, 1, 7});

Message answer(std::string name, std::uint32_t ttl = 120) {
  return {.is_response = true, .records = {{std::move(name), kAddress, ttl, true}}};
}

TEST(MdnsQuerier, AsksForBothTypesAndTellsWhatItHears) {
  Querier querier;
  EXPECT_TRUE(querier.ask(kStart, "AbCd.local"));
  const auto bytes = querier.poll_transmit();
  ASSERT_TRUE(bytes);
  EXPECT_THAT(Message::parse(*bytes)->questions,
              ElementsAre(Question{"abcd.local", RecordType::A, false},
                          Question{"abcd.local", RecordType::Aaaa, false}));
  querier.handle_response(answer("abcd.local"));
  const auto event = querier.poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->name, "abcd.local");
  EXPECT_EQ(event->address, kAddress);
  EXPECT_EQ(querier.next_timeout(), std::nullopt);
  querier.handle_response(answer("abcd.local"));
  EXPECT_FALSE(querier.poll_event());
}

TEST(MdnsQuerier, RepeatsAfterOneTwoAndFourSecondsAndThenGivesUp) {  // RFC 6762 §5.2
  Querier querier;
  ASSERT_TRUE(querier.ask(kStart, "a.local"));
  std::vector<Duration> sent;
  Instant now = kStart;
  std::optional<Resolved> event;
  while (!event) {
    while (querier.poll_transmit()) sent.push_back(now - kStart);
    ASSERT_TRUE(querier.next_timeout());
    now = *querier.next_timeout();
    querier.handle_timeout(now);
    event = querier.poll_event();
  }
  EXPECT_THAT(sent, ElementsAre(0s, 1s, 3s, 7s));
  EXPECT_EQ(now - kStart, Querier::kPatience);
  EXPECT_EQ(event->name, "a.local");
  EXPECT_EQ(event->address, std::nullopt);
}

TEST(MdnsQuerier, BelievesOnlyAnswersToItsQuestions) {
  Querier querier;
  ASSERT_TRUE(querier.ask(kStart, "a.local"));
  querier.handle_response(answer("b.local"));
  querier.handle_response(answer("a.local", 0));  // a goodbye
  Message query = answer("a.local");
  query.is_response = false;
  querier.handle_response(query);
  EXPECT_FALSE(querier.poll_event());
}

TEST(MdnsQuerier, IsBounded) {
  Querier querier;
  EXPECT_FALSE(querier.ask(kStart, "not a name.local"));
  EXPECT_FALSE(querier.ask(kStart, std::string(60, 'a') + "." + std::string(63, 'b') + ".local"));
  for (std::size_t i = 0; i < Querier::kMaxNames; ++i) {
    ASSERT_TRUE(querier.ask(kStart, "n" + std::to_string(i) + ".local"));
  }
  EXPECT_FALSE(querier.ask(kStart, "more.local"));
  EXPECT_TRUE(querier.ask(kStart, "n0.local"));
  std::size_t questions = 0;
  while (const auto bytes = querier.poll_transmit()) {
    EXPECT_LE(bytes->size(), 1200U);
    questions += Message::parse(*bytes)->questions.size();
  }
  EXPECT_EQ(questions, 2 * Querier::kMaxNames);
}

}  // namespace
}  // namespace duet::mdns
