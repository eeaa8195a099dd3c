// SPDX-License-Identifier: MIT
// The window against a set that remembers everything.
#include <duet/base/random.hpp>
#include <duet/srtp/replay_window.hpp>

#include <gmock/gmock.h>

#include <set>

namespace duet::srtp {
namespace {

TEST(ReplayWindow, TakesEachIndexOnce) {
  ReplayWindow window;
  EXPECT_TRUE(window.is_new(0));
  window.add(0);
  EXPECT_FALSE(window.is_new(0));
  EXPECT_TRUE(window.is_new(1));
}

TEST(ReplayWindow, ReachesBackExactly1024) {
  ReplayWindow window;
  window.add(5000);
  EXPECT_TRUE(window.is_new(5000 - 1023));
  EXPECT_FALSE(window.is_new(5000 - 1024));
}

TEST(ReplayWindow, AgreesWithASetOnEveryIndex) {
  for (const std::uint64_t reach : {3U, 100U, 1024U, 3000U}) {
    SeededRandom random{reach};
    ReplayWindow window;
    std::set<std::uint64_t> seen;
    std::uint64_t highest = 10'000;
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t index = highest - 1100 + random.u64() % (1100 + reach);
      const bool is_new =
          (seen.empty() || index > *seen.rbegin() || *seen.rbegin() - index < 1024) &&
          !seen.contains(index);
      ASSERT_EQ(window.is_new(index), is_new) << index << " after " << highest;
      if (!is_new || random.u64() % 4 == 0) continue;
      window.add(index);
      seen.insert(index);
      highest = std::max(highest, index);
      ASSERT_EQ(window.highest(), *seen.rbegin());
    }
  }
}

}  // namespace
}  // namespace duet::srtp
