// SPDX-License-Identifier: MIT
// Tests of conditions, ranges and codings.
#include <duet/web/selection.hpp>
#include <duet/web/web_test_support.hpp>

#include <gtest/gtest.h>

namespace duet::web {
namespace {

const Validators kFile{.etag = "\"v1\"",
                       .last_modified = std::chrono::sys_seconds{std::chrono::seconds{784111777}},
                       .size = 100};
constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

/// "whole", "not modified", "unsatisfiable", or "first+size".
std::string outcome(const http::Request& request, const Validators& validators = kFile) {
  const Selection selection = select(request, validators);
  switch (selection.kind) {
    case Selection::Kind::Whole:
      return "whole";
    case Selection::Kind::NotModified:
      return "not modified";
    case Selection::Kind::Unsatisfiable:
      return "unsatisfiable";
    case Selection::Kind::Part:
      break;
  }
  return std::to_string(selection.first) + "+" + std::to_string(selection.size);
}

std::string range(std::string_view text) { return outcome(get("/", {{"Range", text}})); }

TEST(Range, IsOneOfTheThreeForms) {  // RFC 9110 §14.1.2
  EXPECT_EQ(range("bytes=0-0"), "0+1");
  EXPECT_EQ(range("bytes=10-19"), "10+10");
  EXPECT_EQ(range("bytes=90-"), "90+10");
  EXPECT_EQ(range("bytes=-10"), "90+10");
  EXPECT_EQ(range("Bytes=0-4"), "0+5");
}

TEST(Range, IsCutAtTheEnd) {
  EXPECT_EQ(range("bytes=95-200"), "95+5");
  EXPECT_EQ(range("bytes=-1000"), "0+100");
  EXPECT_EQ(range("bytes=0-99999999999999999999999"), "0+100");
  EXPECT_EQ(range("bytes=0-18446744073709551615"), "0+100");
}

TEST(Range, IsUnsatisfiableBeyondTheEnd) {
  EXPECT_EQ(range("bytes=100-"), "unsatisfiable");
  EXPECT_EQ(range("bytes=99999999999999999999999-"), "unsatisfiable");
  EXPECT_EQ(range("bytes=-0"), "unsatisfiable");
  Validators empty = kFile;
  empty.size = 0;
  EXPECT_EQ(outcome(get("/", {{"Range", "bytes=0-"}}), empty), "unsatisfiable");
  EXPECT_EQ(outcome(get("/", {{"Range", "bytes=-1"}}), empty), "unsatisfiable");
}

TEST(Range, IsIgnoredWhenItIsNone) {
  for (const std::string_view text :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "lines=0-1", "bytes=0-1,5-6",
        "bytes=--1", "bytes=1", "bytes=+1-2", "bytes=0x0-1", "bytes= -"}) {
    EXPECT_EQ(range(text), "whole") << text;
  }
}

TEST(Range, IsForGetOnly) {
  EXPECT_EQ(outcome(request("HEAD", "/", {{"Range", "bytes=0-1"}})), "whole");
}

TEST(IfRange, NeedsTheSameVersion) {  // RFC 9110 §13.1.5
  const auto with = [](std::string_view condition) {
    return outcome(get("/", {{"Range", "bytes=0-1"}, {"If-Range", condition}}));
  };
  EXPECT_EQ(with("\"v1\""), "0+2");
  EXPECT_EQ(with("\"v2\""), "whole");
  EXPECT_EQ(with("W/\"v1\""), "whole");
  EXPECT_EQ(with(kDate), "0+2");
  EXPECT_EQ(with("Sun, 06 Nov 1994 08:49:38 GMT"), "whole");
}

TEST(IfNoneMatch, ComparesWeaklyInAList) {  // RFC 9110 §13.1.2
  const auto with = [](std::string_view list) {
    return outcome(get("/", {{"If-None-Match", list}}));
  };
  EXPECT_EQ(with("\"v1\""), "not modified");
  EXPECT_EQ(with("W/\"v1\""), "not modified");
  EXPECT_EQ(with("\"a,b\", \"v1\""), "not modified");
  EXPECT_EQ(with("*"), "not modified");
  EXPECT_EQ(with("\"v2\""), "whole");
  EXPECT_EQ(with("v1"), "whole");
  EXPECT_EQ(with("\""), "whole");
}

TEST(IfModifiedSince, CountsOnlyWithoutTags) {  // RFC 9110 §13.1.3
  EXPECT_EQ(outcome(get("/", {{"If-Modified-Since", kDate}})), "not modified");
  EXPECT_EQ(outcome(get("/", {{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}})), "whole");
  EXPECT_EQ(outcome(get("/", {{"If-Modified-Since", "yesterday"}})), "whole");
  EXPECT_EQ(outcome(get("/", {{"If-None-Match", "\"v2\""}, {"If-Modified-Since", kDate}})),
            "whole");
}

TEST(Condition, ComesBeforeTheRange) {
  EXPECT_EQ(outcome(get("/", {{"If-None-Match", "\"v1\""}, {"Range", "bytes=0-1"}})),
            "not modified");
}

TEST(AcceptEncoding, IsWeighed) {  // RFC 9110 §12.5.3
  for (const std::string_view text :
       {"gzip", "gzip, deflate, br, zstd", "x-gzip", "*", "GZIP;q=0.5", "br;q=1, gzip;q=0.1",
        "gzip;q=1.000", "identity;q=0.5, gzip;q=0.5", "deflate;q=1 , gzip ; q=0.001"}) {
    EXPECT_TRUE(prefers_gzip(text)) << text;
  }
  for (const std::string_view text :
       {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *",
        "identity, gzip;q=0.5", "gzipped", "gzip;q=2", "gzip;q=abc", ",,;;"}) {
    EXPECT_FALSE(prefers_gzip(text)) << text;
  }
}

}  // namespace
}  // namespace duet::web
