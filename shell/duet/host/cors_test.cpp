// SPDX-License-Identifier: MIT
// Which origins are served, and what they are told.
#include <duet/host/cors.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::host {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Pair;

http::Request from(std::string_view origin) {
  http::Request request{.method = "GET"};
  request.headers = {{"Host", "duet.lan:2022"}};
  if (!origin.empty()) request.headers.emplace_back("origin", origin);
  return request;
}

TEST(Cors, EchoesAnyOriginByDefault) {
  const CorsPolicy cors;
  for (const char* origin : {"https://example.org", "null", "http://localhost:8080"}) {
    EXPECT_TRUE(cors.allows(from(origin)));
    const Headers headers = cors.headers(from(origin));
    EXPECT_THAT(headers, Contains(Pair("Access-Control-Allow-Origin", origin)));
    EXPECT_THAT(headers, Contains(Pair("Access-Control-Allow-Credentials", "true")));
    EXPECT_THAT(headers, Contains(Pair("Vary", "Origin")));
  }
  EXPECT_TRUE(cors.allows(from("")));
  EXPECT_THAT(cors.headers(from("")), IsEmpty());
}

TEST(Cors, KnowsItsOwnPageWhenOthersAreNarrowed) {
  const CorsPolicy cors{{"https://example.org"}};
  EXPECT_TRUE(cors.allows(from("https://example.org")));
  EXPECT_TRUE(cors.allows(from("https://duet.lan:2022")));
  EXPECT_TRUE(cors.allows(from("")));
  for (const char* origin : {"https://example.org:444", "http://example.org", "null",
                             "https://duet.lan", "https://evil.example/duet.lan:2022"}) {
    EXPECT_FALSE(cors.allows(from(origin))) << origin;
    EXPECT_THAT(cors.headers(from(origin)), IsEmpty()) << origin;
  }
}

TEST(Cors, AnswersAPreflightWithTheHeadersAskedFor) {
  http::Request request = from("https://example.org");
  request.headers.emplace_back("Access-Control-Request-Headers", "x-one, x-two");
  const http::Response response = CorsPolicy{}.preflight(request);
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(response.headers,
              Contains(Pair("Access-Control-Allow-Methods", "GET, POST, OPTIONS")));
  EXPECT_THAT(response.headers, Contains(Pair("Access-Control-Allow-Headers", "x-one, x-two")));
  EXPECT_THAT(response.headers,
              Contains(Pair("Access-Control-Allow-Origin", "https://example.org")));
}

}  // namespace
}  // namespace duet::host
