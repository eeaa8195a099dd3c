// SPDX-License-Identifier: MIT
// Handles that never come to mean another object.
#include <duet/base/slot_map.hpp>
#include <duet/base/strong.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace duet {
namespace {

using Id = Strong<struct IdTag, std::uint64_t>;

TEST(SlotMap, FindsWhatWasInsertedUntilItIsErased) {
  SlotMap<Id, std::string> map;
  const Id a = map.insert("a");
  const Id b = map.insert("b");
  EXPECT_EQ(map.size(), 2U);
  ASSERT_NE(map.find(a), nullptr);
  EXPECT_EQ(*map.find(a), "a");
  map.erase(a);
  EXPECT_EQ(map.find(a), nullptr);
  EXPECT_EQ(*map.find(b), "b");
  map.erase(a);
  EXPECT_EQ(map.size(), 1U);
}

TEST(SlotMap, AnOldHandleDoesNotFindTheNextUseOfItsPlace) {
  SlotMap<Id, int> map;
  const Id old = map.insert(1);
  map.erase(old);
  const Id fresh = map.insert(2);
  EXPECT_NE(old, fresh);
  EXPECT_EQ(map.find(old), nullptr);
  map.erase(old);
  EXPECT_EQ(*map.find(fresh), 2);
}

TEST(SlotMap, MadeUpHandlesFindNothing) {
  SlotMap<Id, int> map;
  EXPECT_EQ(map.find(Id{}), nullptr);
  map.insert(1);
  EXPECT_EQ(map.find(Id{}), nullptr);
  EXPECT_EQ(map.find(Id{0xFFFFFFFFFFFFFFFF}), nullptr);
  EXPECT_EQ(map.find(Id{7}), nullptr);
}

TEST(SlotMap, UsesPlacesAgainAndDestroysWhatIsErased) {
  SlotMap<Id, std::shared_ptr<int>> map;
  const auto value = std::make_shared<int>(1);
  std::vector<Id> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(map.insert(value));
  EXPECT_EQ(value.use_count(), 4);
  for (const Id id : ids) map.erase(id);
  EXPECT_EQ(value.use_count(), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_LT(static_cast<std::uint32_t>(map.insert(value).value()), 3U);
  }
}

TEST(SlotMap, VisitsEachAndAllowsErasing) {
  SlotMap<Id, int> map;
  for (int i = 0; i < 5; ++i) map.insert(i);
  int sum = 0;
  map.for_each([&](Id id, int value) {
    sum += value;
    if (value % 2 == 0) map.erase(id);
  });
  EXPECT_EQ(sum, 10);
  EXPECT_EQ(map.size(), 2U);
}

}  // namespace
}  // namespace duet
