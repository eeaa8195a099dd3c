// SPDX-License-Identifier: MIT
// The one file of this folder that replaces the operators.
#include <duet/base/test_allocations.hpp>
#include <duet/media/allocation_count_test_support.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace duet::media {

std::uint64_t allocation_count() { return allocations; }

namespace {

TEST(AllocationCount, Counts) {
  const std::uint64_t before = allocation_count();
  const auto value = std::make_unique<int>(1);
  EXPECT_EQ(allocation_count() - before, static_cast<std::uint64_t>(*value));
}

}  // namespace
}  // namespace duet::media
