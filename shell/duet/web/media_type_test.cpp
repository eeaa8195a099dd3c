// SPDX-License-Identifier: MIT
// Tests of media types.
#include <duet/web/media_type.hpp>

#include <gtest/gtest.h>

namespace duet::web {
namespace {

TEST(MediaType, GoesByTheLastExtensionInAnyCase) {
  EXPECT_EQ(media_type("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type("main.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("a.b/socket.io.js.map"), "application/json");
  EXPECT_EQ(media_type("film.mp4"), "video/mp4");
  EXPECT_EQ(media_type("7z.7z"), "application/x-7z-compressed");
  EXPECT_EQ(media_type("a.zip"), "application/zip");
}

TEST(MediaType, IsBytesForWhatItDoesNotKnow) {
  for (const std::string_view name :
       {"README", "a.", "", "a.unknown", "a.averylongextensionindeed"}) {
    EXPECT_EQ(media_type(name), "application/octet-stream") << name;
  }
}

TEST(MediaType, IsWorthCompressingForText) {
  EXPECT_TRUE(is_compressible(media_type("a.css")));
  EXPECT_TRUE(is_compressible(media_type("a.svg")));
  EXPECT_FALSE(is_compressible(media_type("a.woff2")));
  EXPECT_FALSE(is_compressible(media_type("a.png")));
}

}  // namespace
}  // namespace duet::web
