// SPDX-License-Identifier: MIT
// Tests of HTTP dates.
#include <duet/web/http_date.hpp>

#include <gtest/gtest.h>

namespace duet::web {
namespace {

constexpr std::chrono::sys_seconds kExample{std::chrono::seconds{784111777}};

TEST(HttpDate, IsTheExampleOfTheRfc) {  // RFC 9110 §5.6.7
  EXPECT_EQ(http_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kExample);
}

TEST(HttpDate, IsNothingElse) {
  for (const std::string_view text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Abc 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(HttpDate, ComesBackForManyDays) {
  for (std::int64_t t = 0; t < 4'000'000'000; t += 86'400 * 37 + 12'345) {
    const std::chrono::sys_seconds time{std::chrono::seconds{t}};
    EXPECT_EQ(parse_http_date(http_date(time)), time);
  }
}

}  // namespace
}  // namespace duet::web
