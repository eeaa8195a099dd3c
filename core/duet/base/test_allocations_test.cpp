// SPDX-License-Identifier: MIT
// That what tests count is counted, under sanitizers too.
#include <duet/base/test_allocations.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <new>

namespace duet {
namespace {

TEST(TestAllocations, AreCountedAndGivenBack) {
  const std::uint64_t allocations_before = allocations;
  const std::int64_t bytes_before = live_bytes;
  void* const bytes = ::operator new(1000);  // called so, since no compiler leaves it out
  EXPECT_EQ(allocations - allocations_before, 1U);
  EXPECT_GE(live_bytes - bytes_before, 1000);
  ::operator delete(bytes);
  EXPECT_EQ(live_bytes, bytes_before);
}

}  // namespace
}  // namespace duet
