// SPDX-License-Identifier: MIT
// Did you mean ...?
#include <duet/config/nearest.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace duet::config {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  const std::tuple<std::string_view, std::string_view, std::size_t> cases[] = {
      {"", "", 0},
      {"abc", "", 3},
      {"", "abc", 3},
      {"listen", "listen", 0},
      {"lisen", "listen", 1},
      {"listenn", "listen", 1},
      {"lixten", "listen", 1},
      {"litsen", "listen", 1},
      {"kitten", "sitting", 3},
      {"ca", "abc", 3},  // optimal string alignment: what was swapped is not edited again
  };
  for (const auto& [a, b, distance] : cases) {
    EXPECT_EQ(edit_distance(a, b), distance) << a << " " << b;
    EXPECT_EQ(edit_distance(b, a), distance) << b << " " << a;
  }
}

TEST(EditDistance, CostsLittleForLongWords) {
  EXPECT_EQ(edit_distance(std::string(1'000'000, 'a'), std::string(1'000'000, 'b')), 64U);
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> names = {
      "--listen",        "--limits",       "--log", "--log-format",
      "--ping-interval", "--ping-timeout", "--key", "-h"};
  const std::tuple<std::string_view, std::optional<std::string>> cases[] = {
      {"--lisen", "--listen"},
      {"--limit", "--limits"},
      {"--ping-intervall", "--ping-interval"},
      {"--ping_timeout", "--ping-timeout"},
      {"--ping", "--ping-interval"},  // the first that begins so
      {"--log-level", "--log"},
      {"--xyzzyplugh", std::nullopt},
      {"--web", std::nullopt},
      {"-V", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [word, meant] : cases) EXPECT_EQ(nearest(word, names), meant) << word;
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

}  // namespace
}  // namespace duet::config
