// SPDX-License-Identifier: MIT
// Waiting that another thread ends.
#include <duet/device/clock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace duet::device {
namespace {

TEST(Waiter, WaitsWithoutEndUntilItIsInterrupted) {
  Waiter waiter;
  auto waited =
      std::async(std::launch::async, [&waiter] { return waiter.wait_until(Instant::max()); });
  EXPECT_EQ(waited.wait_for(std::chrono::milliseconds{50}), std::future_status::timeout);
  waiter.interrupt();
  EXPECT_FALSE(waited.get());
}

}  // namespace
}  // namespace duet::device
