// SPDX-License-Identifier: MIT
// Tests of the order of checks: priorities, foundations, freezing, triggered checks, bounds.
#include <duet/ice/checklist.hpp>

#include <gtest/gtest.h>

namespace duet::ice {
namespace {

Pair make(std::uint16_t port, std::uint64_t foundation, std::uint32_t local, std::uint32_t remote) {
  Pair pair;
  pair.to = {IpAddress::v4({192, 0, 2, 1}), port};
  pair.foundation = foundation;
  pair.local_priority = local;
  pair.remote_priority = remote;
  return pair;
}

constexpr Role kControlling = Role::Controlling;

TEST(IceChecklist, OrdersPairsByPriority) {
  Checklist list{100};
  Pair* low = list.add(make(1, 1, 10, 10), kControlling);
  Pair* high = list.add(make(2, 2, 30, 30), kControlling);
  Pair* middle = list.add(make(3, 3, 20, 20), kControlling);
  for (Pair* expected : {high, middle, low}) {
    Pair* next = list.next();
    ASSERT_EQ(next, expected);
    next->state = PairState::InProgress;
  }
  EXPECT_FALSE(list.has_next());
}

TEST(IceChecklist, CountsPrioritiesAnewWithTheRole) {
  Checklist list{100};
  const Pair* pair = list.add(make(1, 1, 3, 2), kControlling);
  EXPECT_EQ(pair->priority, pair_priority(3, 2));
  list.set_role(Role::Controlled);
  EXPECT_EQ(pair->priority, pair_priority(2, 3));
}

TEST(IceChecklist, HasOneWaitingPairOfEachFoundation) {  // RFC 8445 §6.1.2.6
  Checklist list{100};
  const Pair* first = list.add(make(1, 7, 10, 10), kControlling);
  const Pair* better = list.add(make(2, 7, 20, 20), kControlling);
  const Pair* worse = list.add(make(3, 7, 5, 5), kControlling);
  const Pair* another = list.add(make(4, 8, 1, 1), kControlling);
  EXPECT_EQ(first->state, PairState::Frozen);
  EXPECT_EQ(better->state, PairState::Waiting);
  EXPECT_EQ(worse->state, PairState::Frozen);
  EXPECT_EQ(another->state, PairState::Waiting);
}

TEST(IceChecklist, AddsToAFoundationThatHasSucceededAsWaiting) {  // RFC 8838 §12
  Checklist list{100};
  list.add(make(1, 7, 10, 10), kControlling)->state = PairState::Succeeded;
  EXPECT_EQ(list.add(make(2, 7, 5, 5), kControlling)->state, PairState::Waiting);
}

TEST(IceChecklist, UnfreezesTheFoundationOfASuccess) {  // RFC 8445 §7.2.5.3.3
  Checklist list{100};
  list.add(make(1, 7, 10, 10), kControlling);
  const Pair* frozen = list.add(make(2, 7, 5, 5), kControlling);
  const Pair* other = list.add(make(3, 8, 9, 9), kControlling);
  const Pair* others = list.add(make(4, 8, 5, 5), kControlling);
  list.unfreeze(7);
  EXPECT_EQ(frozen->state, PairState::Waiting);
  EXPECT_EQ(other->state, PairState::Waiting);
  EXPECT_EQ(others->state, PairState::Frozen);
}

TEST(IceChecklist, TakesFrozenPairsAfterAllThatWait) {  // RFC 8445 §6.1.4.2
  Checklist list{100};
  Pair* first = list.add(make(1, 7, 10, 10), kControlling);
  Pair* frozen = list.add(make(2, 7, 9, 9), kControlling);
  Pair* low = list.add(make(3, 8, 1, 1), kControlling);
  for (Pair* expected : {first, low, frozen}) {
    Pair* next = list.next();
    ASSERT_EQ(next, expected);
    next->state = PairState::InProgress;
  }
}

TEST(IceChecklist, ChecksTriggeredPairsFirstAndOnce) {  // RFC 8445 §7.3.1.4
  Checklist list{100};
  Pair* high = list.add(make(1, 1, 30, 30), kControlling);
  Pair* low = list.add(make(2, 2, 10, 10), kControlling);
  Pair* lowest = list.add(make(3, 3, 5, 5), kControlling);
  list.trigger(*lowest);
  list.trigger(*low);
  list.trigger(*lowest);
  for (Pair* expected : {lowest, low, high}) {
    Pair* next = list.next();
    ASSERT_EQ(next, expected);
    next->state = PairState::InProgress;
  }
  EXPECT_FALSE(list.has_next());
}

TEST(IceChecklist, WaitsForWhatIsNotReady) {
  Checklist list{100};
  Pair* pair = list.add(make(1, 1, 30, 30), kControlling);
  pair->is_ready = false;
  EXPECT_FALSE(list.has_next());
  list.trigger(*pair);
  EXPECT_EQ(list.next(), nullptr);
  pair->is_ready = true;
  EXPECT_EQ(list.next(), pair);
}

TEST(IceChecklist, KeepsTheBestOfTooMany) {  // RFC 8445 §6.1.2.5
  Checklist list{3};
  for (std::uint16_t i = 1; i <= 3; ++i) list.add(make(i, i, 10u * i, 10u * i), kControlling);
  EXPECT_EQ(list.add(make(9, 9, 5, 5), kControlling), nullptr);
  EXPECT_NE(list.add(make(9, 9, 25, 25), kControlling), nullptr);
  ASSERT_EQ(list.pairs().size(), 3u);
  for (const auto& pair : list.pairs()) EXPECT_GE(pair->local_priority, 20u);
}

TEST(IceChecklist, NeverGivesUpWhatWorksForWhatMight) {
  Checklist list{2};
  list.add(make(1, 1, 1, 1), kControlling)->is_valid = true;
  list.add(make(2, 2, 1, 1), kControlling)->is_heard = true;
  EXPECT_EQ(list.add(make(3, 3, 99, 99), kControlling), nullptr);
  EXPECT_EQ(list.pairs().size(), 2u);
}

TEST(IceChecklist, GivesUpFirstWhatHasFailed) {
  Checklist list{2};
  list.add(make(1, 1, 90, 90), kControlling)->state = PairState::Failed;
  list.add(make(2, 2, 10, 10), kControlling);
  EXPECT_NE(list.add(make(3, 3, 5, 5), kControlling), nullptr);
  for (const auto& pair : list.pairs()) EXPECT_LE(pair->local_priority, 10u);
}

TEST(IceChecklist, MakesRoomForWhatThePeerHasChecked) {
  Checklist list{2};
  for (std::uint16_t i = 1; i <= 2; ++i) list.add(make(i, i, 10u * i, 10u * i), kControlling);
  Pair heard = make(3, 3, 5, 5);
  heard.is_heard = true;
  EXPECT_NE(list.add(std::move(heard), kControlling), nullptr);
  EXPECT_EQ(list.pairs()[0]->local_priority, 20u);
}

}  // namespace
}  // namespace duet::ice
