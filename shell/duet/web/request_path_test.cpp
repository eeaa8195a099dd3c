// SPDX-License-Identifier: MIT
// Tests of paths: what comes through is safe to open.
#include <duet/web/request_path.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::web {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RequestPath, IsItsNamesDecodedOnce) {
  EXPECT_THAT(RequestPath::parse("/a%20b/%E4%BD%A0.html")->names, ElementsAre("a b", "你.html"));
  EXPECT_THAT(RequestPath::parse("/100%2525")->names, ElementsAre("100%25"));
  EXPECT_THAT(RequestPath::parse("/a+b")->names, ElementsAre("a+b"));
  EXPECT_THAT(RequestPath::parse("/")->names, IsEmpty());
}

TEST(RequestPath, TellsADirectory) {
  EXPECT_TRUE(RequestPath::parse("/")->is_directory);
  EXPECT_TRUE(RequestPath::parse("/a/")->is_directory);
  EXPECT_FALSE(RequestPath::parse("/a")->is_directory);
  EXPECT_THAT(RequestPath::parse("/a/b/")->names, ElementsAre("a", "b"));
}

PathError error_of(std::string_view path) {
  const auto parsed = RequestPath::parse(path);
  EXPECT_FALSE(parsed) << path;
  return parsed ? PathError{} : parsed.error();
}

TEST(RequestPath, RefusesToClimb) {
  for (const std::string_view path : {"/..", "/../etc/passwd", "/a/../b", "/a/..",
                                      "/%2e%2e/etc/passwd", "/.%2E/x", "/./a", "/.", "/a/..%2fb"}) {
    EXPECT_EQ(error_of(path), PathError::Forbidden) << path;
  }
}

TEST(RequestPath, RefusesHiddenNames) {
  EXPECT_EQ(error_of("/.git/config"), PathError::Forbidden);
  EXPECT_EQ(error_of("/%2egit/config"), PathError::Forbidden);
  EXPECT_EQ(error_of("/a/.env"), PathError::Forbidden);
}

TEST(RequestPath, RefusesSeparatorsAndNulInNames) {
  for (const std::string_view path :
       {"/a%2Fb", "/a%5Cb", "/a\\b", "/..\\b", "/a%00.html", "/a%0D%0Ab", "/a%7f"}) {
    EXPECT_EQ(error_of(path), PathError::Forbidden) << path;
  }
}

TEST(RequestPath, RefusesEmptyNames) {
  // "//host/" in a Location header would lead to another server.
  EXPECT_EQ(error_of("//host"), PathError::Forbidden);
  EXPECT_EQ(error_of("//"), PathError::Forbidden);
  EXPECT_EQ(error_of("/a//b"), PathError::Forbidden);
}

TEST(RequestPath, RefusesBrokenEscapes) {
  for (const std::string_view path : {"", "a", "/%", "/%4", "/%zz", "/a%2", "http://x/"}) {
    EXPECT_EQ(error_of(path), PathError::Malformed) << path;
  }
}

TEST(RequestPath, IsEncodedAnewForARedirect) {
  EXPECT_EQ(RequestPath::parse("/a%20b/%e4%bd%a0;x")->encoded_directory(), "/a%20b/%E4%BD%A0%3Bx/");
}

}  // namespace
}  // namespace duet::web
