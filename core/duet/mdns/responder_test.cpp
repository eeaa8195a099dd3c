// SPDX-License-Identifier: MIT
// Answers for names of our own.
#include <duet/mdns/responder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace duet::mdns {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant kStart{};
constexpr Link kLink{.interface = 2};
const IpAddress kAddress = IpAddress::v4({192, 168, 1, 7});
const Endpoint kNeighbour{IpAddress::v4({192, 168, 1, 9}), kPort};
const Endpoint kSimple{IpAddress::v4({192, 168, 1, 9}), 40'000};

Message query(std::string name, RecordType type = RecordType::A) {
  return {.questions = {{std::move(name), type}}};
}

struct MdnsResponder : testing::Test {
  MdnsResponder() { EXPECT_TRUE(responder.add("Mine.local", kAddress)); }

  std::optional<Message> answer() {
    last = responder.poll_transmit();
    if (!last) return std::nullopt;
    return *Message::parse(last->bytes);
  }

  Responder responder;
  std::optional<Transmit> last;
};

TEST_F(MdnsResponder, AnswersItsNamesOnTheLinkThatAsked) {
  responder.handle_query(kStart, query("mine.local"), kNeighbour, kLink);
  const auto message = answer();
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_response);
  EXPECT_THAT(message->records, ElementsAre(AddressRecord{"mine.local", kAddress, 120, true}));
  EXPECT_EQ(last->link, kLink);
  EXPECT_EQ(last->to, std::nullopt);
  EXPECT_FALSE(answer());
}

TEST_F(MdnsResponder, IsSilentAboutOthers) {
  responder.handle_query(kStart, query("yours.local"), kNeighbour, kLink);
  Message response{.is_response = true, .questions = {{"mine.local", RecordType::A}}};
  responder.handle_query(kStart, response, kNeighbour, kLink);
  EXPECT_FALSE(answer());
}

TEST_F(MdnsResponder, AnswersTheOtherTypeBySayingWhatThereIs) {  // RFC 6762 §6.1
  responder.handle_query(kStart, query("mine.local", RecordType::Aaaa), kNeighbour, kLink);
  const auto message = answer();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->records.at(0).address, kAddress);
}

TEST_F(MdnsResponder, TellsOneThingOnceASecondOnEachLink) {  // RFC 6762 §6
  responder.handle_query(kStart, query("mine.local"), kNeighbour, kLink);
  EXPECT_TRUE(answer());
  responder.handle_query(kStart, query("mine.local"), kNeighbour, {.interface = 3});
  EXPECT_TRUE(answer());
  responder.handle_query(kStart + 200ms, query("mine.local"), kNeighbour, kLink);
  responder.handle_query(kStart + 300ms, query("mine.local"), kNeighbour, kLink);
  EXPECT_FALSE(answer());
  ASSERT_EQ(responder.next_timeout(), kStart + 1s);
  responder.handle_timeout(kStart + 999ms);
  EXPECT_FALSE(answer());
  responder.handle_timeout(kStart + 1s);
  EXPECT_TRUE(answer());
  EXPECT_FALSE(answer());
  EXPECT_EQ(responder.next_timeout(), std::nullopt);
}

TEST_F(MdnsResponder, IsSilentToWhoKnows) {  // RFC 6762 §7.1
  Message known = query("mine.local");
  known.records = {{"mine.local", kAddress, 60, true}};
  responder.handle_query(kStart, known, kNeighbour, kLink);
  EXPECT_FALSE(answer());
  known.records[0].ttl_s = 59;
  responder.handle_query(kStart, known, kNeighbour, kLink);
  EXPECT_TRUE(answer());
}

TEST_F(MdnsResponder, AnswersWhoAsksOnceByUnicast) {  // RFC 6762 §6.7
  Message once = query("mine.local");
  once.id = 7;
  once.questions.push_back(once.questions[0]);
  responder.handle_query(kStart, once, kSimple, kLink);
  const auto message = answer();
  ASSERT_TRUE(message);
  EXPECT_EQ(last->to, kSimple);
  EXPECT_EQ(message->id, 7);
  EXPECT_THAT(message->questions, ElementsAre(Question{"mine.local", RecordType::A}));
  EXPECT_THAT(message->records, ElementsAre(AddressRecord{"mine.local", kAddress, 10, false}));
  responder.handle_query(kStart, query("mine.local", RecordType::Aaaa), kSimple, kLink);
  EXPECT_FALSE(answer());
}

TEST_F(MdnsResponder, TakesBackWhatItTold) {  // RFC 6762 §10.1
  responder.handle_query(kStart, query("mine.local"), kNeighbour, kLink);
  EXPECT_TRUE(answer());
  responder.remove("mine.LOCAL");
  const auto message = answer();
  ASSERT_TRUE(message);
  EXPECT_THAT(message->records, ElementsAre(AddressRecord{"mine.local", kAddress, 0, true}));
  responder.handle_query(kStart + 5s, query("mine.local"), kNeighbour, kLink);
  EXPECT_FALSE(answer());
}

TEST_F(MdnsResponder, SaysNothingOfANameThatNobodyHeard) {
  responder.remove("mine.local");
  EXPECT_FALSE(answer());
  EXPECT_EQ(responder.find("mine.local"), std::nullopt);
}

TEST_F(MdnsResponder, IsBounded) {
  for (std::size_t i = 0; i < 2 * Responder::kMaxTransmits; ++i) {
    responder.handle_query(kStart, query("mine.local"), kSimple, kLink);
  }
  std::size_t answers = 0;
  while (answer()) ++answers;
  EXPECT_EQ(answers, Responder::kMaxTransmits);
  for (std::size_t i = 1; i < Responder::kMaxNames; ++i) {
    ASSERT_TRUE(responder.add("n" + std::to_string(i), kAddress));
  }
  EXPECT_FALSE(responder.add("more", kAddress));
}

}  // namespace
}  // namespace duet::mdns
