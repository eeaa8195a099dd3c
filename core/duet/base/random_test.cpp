// SPDX-License-Identifier: MIT
// Names from randomness.
#include <duet/base/random.hpp>

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace duet {
namespace {

TEST(RandomName, IsRandomFromTheFirstCharacter) {
  SeededRandom random{1};
  std::set<std::string> names;
  std::set<char> firsts;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = random_name(random);
    EXPECT_EQ(name.size(), 24U);
    EXPECT_EQ(
        name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    names.insert(name);
    firsts.insert(name[0]);
  }
  EXPECT_EQ(names.size(), 1000U);
  EXPECT_EQ(firsts.size(), 64U);
}

TEST(SeededRandom, RepeatsItself) {
  SeededRandom a{7};
  SeededRandom b{7};
  SeededRandom c{8};
  const std::uint64_t first = a.u64();
  EXPECT_EQ(first, b.u64());
  EXPECT_NE(first, c.u64());
  EXPECT_NE(first, a.u64());
}

TEST(SeededRandom, FillsEveryByte) {
  for (std::size_t size = 0; size < 20; ++size) {
    SeededRandom random{3};
    std::vector<std::byte> seen(size);  // ORed over many fills, each byte becomes 0xFF
    for (int i = 0; i < 200; ++i) {
      std::vector<std::byte> bytes(size);
      random.fill(bytes);
      for (std::size_t at = 0; at < size; ++at) seen[at] |= bytes[at];
    }
    EXPECT_EQ(seen, std::vector<std::byte>(size, std::byte{0xFF}));
  }
}

}  // namespace
}  // namespace duet
