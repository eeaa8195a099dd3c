// SPDX-License-Identifier: MIT
// The one file of this folder that replaces the operators.
#include <duet/base/test_allocations.hpp>
#include <duet/media/allocation_count_test_support.hpp>

#include <gtest/gtest.h>

#include <new>

namespace duet::media {

std::uint64_t allocation_count() { return allocations; }

namespace {

TEST(AllocationCount, Counts) {
  const std::uint64_t before = allocation_count();
  // A new expression may be optimised away, a call may not.
  void* const memory = ::operator new(8);
  EXPECT_EQ(allocation_count() - before, 1u);
  ::operator delete(memory);
}

}  // namespace
}  // namespace duet::media
