// SPDX-License-Identifier: MIT
// Tests of the embedded page's server.
#include <duet/web/web_host.hpp>
#include <duet/web/web_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const WebHost kHost{kTestFiles};

std::string_view page_of(std::string_view target) {
  static http::Response response;
  response = kHost.handle(get(target));
  return response.status == 200 ? response.content() : std::string_view{"(none)"};
}

TEST(WebHost, GivesThePageForItsRoutes) {
  for (const std::string_view path : {"/", "/?lang=zh", "/r/room", "/r/", "/r/a/b", "/r/%E4%BD%A0",
                                      "/r/..", "/r/%", "/loop", "/ca", "/loop/", "/ca/", "/r"}) {
    EXPECT_EQ(page_of(path), "<title>Duet</title>") << path;
  }
}

TEST(WebHost, GivesFilesByTheirPathAndDirectoriesByTheirIndex) {
  EXPECT_EQ(page_of("/favicon.ico"), "icon");
  EXPECT_EQ(page_of("/seed/"), "seed");
  EXPECT_EQ(page_of("/seed/index.html"), "seed");
  EXPECT_EQ(page_of("/seed/v2/"), "seed two");
}

TEST(WebHost, LetsNobodyCopyWhatLastsAsLongAsTheProgram) {
  EXPECT_NE(kHost.handle(get("/favicon.ico")).keep_alive, nullptr);
  EXPECT_NE(kHost.handle(get("/favicon.ico", {{"Range", "bytes=1-2"}})).keep_alive, nullptr);
}

TEST(WebHost, LeadsToADirectory) {
  const http::Response response = kHost.handle(get("/seed?room=a"));
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(header(response, "Location"), "/seed/?room=a");
  EXPECT_EQ(header(kHost.handle(get("/seed/v2")), "Location"), "/seed/v2/");
}

TEST(WebHost, SaysWhatIsNotThere) {
  for (const std::string_view path :
       {"/none", "/assets/", "/assets", "/favicon.ico/", "/loop/x", "//seed", "/../index.html",
        "/rr", "/socket.io/other.js", "/seed/v3/"}) {
    const http::Response response = kHost.handle(get(path));
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(header(response, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    EXPECT_THAT(response.content(), HasSubstr("nothing"));
  }
  EXPECT_EQ(kHost.handle(get("/%zz")).status, 400);
}

TEST(WebHost, CanOnlyBeRead) {
  EXPECT_EQ(kHost.handle(request("HEAD", "/")).status, 200);
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    const http::Response response = kHost.handle(request(method, "/"));
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD");
  }
}

TEST(WebHost, KeepsHashedFilesForAYearAndAsksAgainForOthers) {
  EXPECT_EQ(header(kHost.handle(get("/assets/app-1a2b.js")), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(header(kHost.handle(get("/")), "Cache-Control"), "no-cache");
  EXPECT_EQ(header(kHost.handle(get("/assets/none.js")), "Cache-Control"), "no-store");
}

TEST(WebHost, SendsGzipToWhoWantsIt) {
  const http::Response packed = kHost.handle(get("/", {{"Accept-Encoding", "gzip, br"}}));
  EXPECT_EQ(packed.content(), "packed page");
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(packed, "ETag"), "\"i1-gzip\"");
  EXPECT_EQ(header(packed, "Vary"), "Accept-Encoding");
  const http::Response plain = kHost.handle(get("/"));
  EXPECT_EQ(header(plain, "Content-Encoding"), "(none)");
  EXPECT_EQ(header(plain, "ETag"), "\"i1\"");
  EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header(kHost.handle(get("/favicon.ico", {{"Accept-Encoding", "gzip"}})), "Vary"),
            "(none)");
}

TEST(WebHost, SendsNothingTwice) {
  const http::Response known =
      kHost.handle(get("/", {{"Accept-Encoding", "gzip"}, {"If-None-Match", "\"i1-gzip\""}}));
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.content(), "");
  EXPECT_EQ(header(known, "ETag"), "\"i1-gzip\"");
  EXPECT_EQ(header(known, "Cache-Control"), "no-cache");
  EXPECT_EQ(header(known, "Vary"), "Accept-Encoding");
  // The other coding is another representation, with another tag.
  EXPECT_EQ(kHost.handle(get("/", {{"If-None-Match", "\"i1-gzip\""}})).status, 200);
}

TEST(WebHost, SendsAPartOfTheContentAsItIs) {
  const http::Response part = kHost.handle(
      get("/assets/app-1a2b.js", {{"Range", "bytes=2-4"}, {"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.content(), "234");
  EXPECT_EQ(header(part, "Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(header(part, "Content-Encoding"), "(none)");
  const http::Response none = kHost.handle(get("/assets/app-1a2b.js", {{"Range", "bytes=10-"}}));
  EXPECT_EQ(none.status, 416);
  EXPECT_EQ(header(none, "Content-Range"), "bytes */10");
  EXPECT_EQ(none.content(), "");
}

TEST(WebHost, ForbidsOtherHostsAndGrantsWhatACallNeeds) {
  for (const std::string_view path : {"/", "/none", "/seed"}) {
    const http::Response response = kHost.handle(get(path));
    EXPECT_THAT(header(response, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
    EXPECT_THAT(header(response, "Content-Security-Policy"), Not(HasSubstr("unsafe")));
    EXPECT_THAT(header(response, "Permissions-Policy"), HasSubstr("camera=(self)"));
    EXPECT_THAT(header(response, "Permissions-Policy"), HasSubstr("geolocation=()"));
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(header(response, "Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "(none)");
  }
}

TEST(WebHost, LendsTheClientToPagesElsewhere) {
  for (const std::string_view path : {"/socket.io/socket.io.js", "/socket.io/socket.io.js.map"}) {
    EXPECT_TRUE(WebHost::is_client_script(path));
    const http::Response response = kHost.handle(get(path));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "*");
  }
  for (const std::string_view path : {"/socket.io/", "/socket.io", "/socket.io/a/b.js", "/x.js"}) {
    EXPECT_FALSE(WebHost::is_client_script(path)) << path;
  }
}

TEST(WebHost, HasNothingWithoutAPage) { EXPECT_EQ(WebHost{{}}.handle(get("/")).status, 404); }

}  // namespace
}  // namespace duet::web
