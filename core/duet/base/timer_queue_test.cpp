// SPDX-License-Identifier: MIT
// Deadlines come out in order and not before their time.
#include <duet/base/timer_queue.hpp>

#include <gtest/gtest.h>

namespace duet {
namespace {

Instant at(Duration since_start) { return Instant{since_start}; }

TEST(TimerQueue, GivesTheEarliestFirstAndNoneTooSoon) {
  TimerQueue<int> queue;
  EXPECT_EQ(queue.next(), std::nullopt);
  queue.push(at(3s), 3);
  queue.push(at(1s), 1);
  queue.push(at(2s), 2);
  EXPECT_EQ(queue.next(), at(1s));
  EXPECT_EQ(queue.pop(at(1s - 1us)), std::nullopt);
  EXPECT_EQ(queue.pop(at(1s)), 1);
  EXPECT_EQ(queue.next(), at(2s));
  EXPECT_EQ(queue.pop(at(9s)), 2);
  EXPECT_EQ(queue.pop(at(9s)), 3);
  EXPECT_EQ(queue.pop(at(9s)), std::nullopt);
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(TimerQueue, KeepsOneKeyAsOftenAsItIsPushed) {
  TimerQueue<int> queue;
  queue.push(at(1s), 7);
  queue.push(at(1s), 7);
  EXPECT_EQ(queue.pop(at(1s)), 7);
  EXPECT_EQ(queue.pop(at(1s)), 7);
  EXPECT_EQ(queue.pop(at(1s)), std::nullopt);
}

}  // namespace
}  // namespace duet
