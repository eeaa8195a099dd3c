// SPDX-License-Identifier: MIT
// Quantities as people write them.
#include <duet/config/units.hpp>

#include <gtest/gtest.h>

namespace duet::config {
namespace {

TEST(Units, TimesHaveOne) {
  const std::tuple<std::string_view, Duration> cases[] = {
      {"0s", 0s}, {"250ms", 250ms}, {"30s", 30s}, {"5m", 5min}, {"24h", 24h}, {"007s", 7s}};
  for (const auto& [text, duration] : cases) EXPECT_EQ(parse_duration(text), duration) << text;
}

TEST(Units, TimesAreWrittenInTheLargestThatFits) {
  const std::tuple<Duration, std::string_view> cases[] = {
      {0s, "0ms"}, {250ms, "250ms"}, {1000ms, "1s"}, {90s, "90s"}, {120s, "2m"}, {24h, "24h"}};
  for (const auto& [duration, text] : cases) {
    EXPECT_EQ(format_duration(duration), text);
    EXPECT_EQ(parse_duration(text), duration);
  }
}

TEST(Units, ANumberAloneIsRefusedInWords) {
  EXPECT_EQ(render(parse_duration("25").error(), Language::English),
            "25 has no unit; write 25ms, 25s, 25m or 25h");
  EXPECT_EQ(render(parse_duration("25").error(), Language::Chinese),
            "25 没有单位，请写成 25ms、25s、25m 或 25h");
  EXPECT_EQ(render(parse_rate_bps("1500").error(), Language::English),
            "1500 has no unit; write 1500k, 1500M or 1500G (bits a second)");
  EXPECT_EQ(render(parse_size_bytes("2").error(), Language::English),
            "2 has no unit; write 2B, 2kB, 2MB or 2GB");
}

TEST(Units, WhatIsNoTimeIsRefused) {
  for (const auto* text : {"", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5S", "5sec", "5d", "5s ",
                           "99999999999999999999s", "999999999999999999h", "0x5s", "5s5ms"})
    EXPECT_EQ(parse_duration(text).error(), (Sentence{Say::NotATime, {text}})) << text;
}

TEST(Units, RatesAndSizesArePowersOfAThousand) {
  EXPECT_EQ(parse_rate_bps("1500k"), 1'500'000U);
  EXPECT_EQ(parse_rate_bps("8M"), 8'000'000U);
  EXPECT_EQ(parse_rate_bps("1G"), 1'000'000'000U);
  EXPECT_EQ(parse_rate_bps("8m").error().say, Say::NotARate);
  EXPECT_EQ(parse_size_bytes("12B"), 12U);
  EXPECT_EQ(parse_size_bytes("500kB"), 500'000U);
  EXPECT_EQ(parse_size_bytes("2MB"), 2'000'000U);
  EXPECT_EQ(parse_size_bytes("9GB"), 9'000'000'000U);
  EXPECT_EQ(parse_size_bytes("2MiB").error().say, Say::NotASize);
}

TEST(Units, CountsHaveNone) {
  EXPECT_EQ(parse_count("0"), 0U);
  EXPECT_EQ(parse_count("18446744073709551615"), 18'446'744'073'709'551'615U);
  for (const auto* text : {"", "-1", "+1", "1k", "1 ", "1.0", "18446744073709551616"})
    EXPECT_EQ(parse_count(text).error(), (Sentence{Say::NotACount, {text}})) << text;
}

}  // namespace
}  // namespace duet::config
