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

TEST(TimerQueue, ThrowsOutKeysThatAreNotAliveBeforeItDoubles) {
  TimerQueue<int> queue;
  const auto is_recent = [](int newest) { return [newest](int key) { return key > newest - 10; }; };
  for (int key = 0; key < 100'000; ++key) {
    queue.push(at(25s + std::chrono::microseconds{key}), key, is_recent(key));
    ASSERT_LE(queue.size(), 2048U);
  }
  for (int key = 99'991; key < 100'000; ++key) {
    std::optional<int> due = queue.pop(at(99s));
    while (due && *due <= 99'990) due = queue.pop(at(99s));
    EXPECT_EQ(due, key);
  }
}

}  // namespace
}  // namespace duet
