// SPDX-License-Identifier: MIT
// Tests of checks: their bytes, their times, and the pace of many.
#include <duet/ice/check.hpp>
#include <duet/ice/framing.hpp>
#include <duet/ice/pace.hpp>
#include <duet/stun/address.hpp>
#include <duet/stun/test_vectors.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace duet::ice {
namespace {

using stun::AttributeType;
using testing::ElementsAre;

const Credentials kOurs{"ours", std::string(22, 'o')};
const Credentials kTheirs{"them", std::string(22, 't')};

TEST(IceCheck, SaysWhatTheRfcWants) {  // RFC 8445 §7.1, §7.2.2
  std::array<std::byte, kMaxCheckSize> buffer{};
  const CheckContent content{Role::Controlling, 0x0102030405060708, 99, true};
  const auto bytes = write_check(buffer, {}, kOurs, kTheirs, content);
  const auto message = stun::Message::parse(bytes);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->text(AttributeType::Username), "them:ours");
  EXPECT_TRUE(message->has_fingerprint());
  EXPECT_TRUE(message->check_integrity_sha1(as_bytes(kTheirs.pwd)));
  const auto read = read_check(*message);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->role, Role::Controlling);
  EXPECT_EQ(read->tie_breaker, content.tie_breaker);
  EXPECT_EQ(read->priority, 99u);
  EXPECT_TRUE(read->use_candidate);
}

TEST(IceCheck, FitsWithTheLongestNames) {
  std::array<std::byte, kMaxCheckSize> buffer{};
  const Credentials longest{std::string(256, 'x'), std::string(256, 'y')};
  EXPECT_FALSE(write_check(buffer, {}, longest, longest, {}).empty());
}

TEST(IceCheck, IsReadFromTheVectorOfTheRfc) {  // RFC 5769 §2.1: an ICE check
  const auto bytes = from_hex(stun::kSampleRequest);
  const auto message = stun::Message::parse(bytes);
  ASSERT_TRUE(message.has_value());
  const auto read = read_check(*message);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->role, Role::Controlled);
  EXPECT_EQ(read->tie_breaker, 0x932ff9b151263b36u);
  EXPECT_EQ(read->priority, 0x6e0001ffu);
  EXPECT_FALSE(read->use_candidate);
}

std::vector<Duration> times(Check& check, Instant begin) {
  std::vector<Duration> found;
  for (Instant now = begin; found.size() < 100; now = check.next_timeout()) {
    const Check::Due due = check.handle_timeout(now);
    if (due == Check::Due::GiveUp) {
      found.push_back(-(now - begin));
      break;
    }
    EXPECT_EQ(due, Check::Due::Send);
    found.push_back(now - begin);
  }
  return found;
}

TEST(IceCheck, IsSentAgainAfterTheRoundTripAndGivenUpInTheEnd) {
  SeededRandom random{1};
  const Instant begin{5s};
  Check check{begin, random, Check::Kind::Ordinary, 100ms, false};
  EXPECT_THAT(times(check, begin), ElementsAre(0ms, 100ms, 300ms, 700ms, 1500ms, 2500ms, 3500ms,
                                               4500ms, 5500ms, 6500ms, 7500ms, -8s));
}

TEST(IceCheck, IsSentOnceOverAStream) {  // RFC 8489 §6.2.2
  SeededRandom random{1};
  const Instant begin{5s};
  Check check{begin, random, Check::Kind::Ordinary, 100ms, true};
  EXPECT_THAT(times(check, begin), ElementsAre(0ms, -8s));
}

TEST(IceCheck, HurriesOnceAndTakesTheAnswerToAnyTransmission) {
  SeededRandom random{1};
  Check check{Instant{1s}, random, Check::Kind::Ordinary, 100ms, false};
  EXPECT_FALSE(check.hurry(Instant{1s}));  // nothing was sent that could have been kept out
  ASSERT_EQ(check.handle_timeout(Instant{1s}), Check::Due::Send);
  const stun::TransactionId first = check.id();
  ASSERT_TRUE(check.hurry(Instant{1010ms}));
  EXPECT_EQ(check.next_timeout(), Instant{1010ms});
  ASSERT_EQ(check.handle_timeout(Instant{1010ms}), Check::Due::Send);
  EXPECT_EQ(check.next_timeout(), Instant{1110ms});
  EXPECT_FALSE(check.hurry(Instant{1020ms}));
  EXPECT_EQ(check.next_timeout(), Instant{1110ms});
  EXPECT_TRUE(check.is_answered_by(first));
  EXPECT_TRUE(check.is_answered_by(check.id()));
}

TEST(IceCheck, MeasuresTheTransmissionThatWasAnswered) {
  SeededRandom random{1};
  Check check{Instant{}, random, Check::Kind::Ordinary, 100ms, false};
  check.handle_timeout(Instant{});
  const auto first = check.id();
  check.handle_timeout(Instant{100ms});
  const auto second = check.id();
  EXPECT_NE(first, second);
  EXPECT_TRUE(check.is_answered_by(first) && check.is_answered_by(second));
  EXPECT_EQ(check.round_trip(Instant{130ms}, first), 130ms);
  EXPECT_EQ(check.round_trip(Instant{130ms}, second), 30ms);
  auto unsent = second;
  unsent.back() = std::byte{2};
  EXPECT_FALSE(check.is_answered_by(unsent));
  auto foreign = first;
  foreign[0] ^= std::byte{1};
  EXPECT_FALSE(check.is_answered_by(foreign));
}

TEST(IcePace, LetsTenThroughAtOnceAndThenOneEachFiveMilliseconds) {  // RFC 8445 §14.2
  Pacer pacer;
  Instant now{10s};
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(pacer.may_send(now));
    pacer.take(now);
  }
  EXPECT_FALSE(pacer.may_send(now));
  EXPECT_EQ(pacer.next(), now + 5ms);
  now += 5ms;
  ASSERT_TRUE(pacer.may_send(now));
  pacer.take(now);
  EXPECT_FALSE(pacer.may_send(now));
  now += 1h;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(pacer.may_send(now));
    pacer.take(now);
  }
  EXPECT_FALSE(pacer.may_send(now));
}

TEST(IceRoundTrips, WaitForWhatWasMeasured) {  // RFC 6298 §2
  RoundTrips trips;
  EXPECT_EQ(trips.rto(50ms), 100ms);
  trips.add(100ms);
  EXPECT_EQ(trips.rto(50ms), 300ms);
  for (int i = 0; i < 100; ++i) trips.add(100ms);
  EXPECT_LT(trips.rto(50ms), 101ms);
  for (int i = 0; i < 100; ++i) trips.add(1ms);
  EXPECT_EQ(trips.rto(50ms), RoundTrips::kMinRto);
  for (int i = 0; i < 100; ++i) trips.add(3s);
  EXPECT_EQ(trips.rto(50ms), RoundTrips::kMaxRto);
}

TEST(IceFraming, CutsStreamsOfPeers) {  // RFC 4571 §2
  const auto bytes = as_bytes(std::string_view{"\0\3abc\0\0\0", 8});
  EXPECT_EQ(next_frame(Framing::Rfc4571, {}).kind, Frame::Kind::NeedMore);
  EXPECT_EQ(next_frame(Framing::Rfc4571, bytes.first(4)).size, 5u);
  const Frame frame = next_frame(Framing::Rfc4571, bytes);
  ASSERT_EQ(frame.kind, Frame::Kind::Whole);
  EXPECT_EQ(frame.size, 5u);
  EXPECT_EQ(as_text(frame.packet), "abc");
  EXPECT_EQ(next_frame(Framing::Rfc4571, bytes.subspan(5)).size, 2u);
  EXPECT_EQ(next_frame(Framing::Stun, as_bytes("\xFF")).kind, Frame::Kind::Bad);
}

}  // namespace
}  // namespace duet::ice
