// SPDX-License-Identifier: MIT
// Tests of a served folder: what is given, and that nothing outside it is.
#include <duet/web/directory_host.hpp>
#include <duet/web/http_date.hpp>
#include <duet/web/web_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

namespace duet::web {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// outside/ with a secret, and outside/www/, which is served; by either resolver.
class DirectoryHostTest : public ::testing::TestWithParam<Resolver> {
 protected:
  DirectoryHostTest() {
    std::string name = (fs::temp_directory_path() / "duet-web-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    outside_ = name;
    www_ = outside_ / "www";
    fs::create_directories(www_ / "sub" / "deep");
    fs::create_directories(www_ / "empty");
    fs::create_directories(www_ / ".git");
    put(outside_ / "secret.txt", "secret");
    put(www_ / "index.html", "home");
    put(www_ / "main.js", "0123456789");
    put(www_ / "sub" / "index.html", "sub");
    put(www_ / "sub" / "deep" / "a b.txt", "deep");
    put(www_ / ".git" / "config", "secret");
    put(www_ / ".env", "secret");
    host_ = std::make_unique<DirectoryHost>(www_, WebHost{kTestFiles}, GetParam());
  }

  ~DirectoryHostTest() override { fs::remove_all(outside_); }

  static void put(const fs::path& file, std::string_view text) { std::ofstream{file} << text; }

  http::Response ask(std::string_view target, HeaderList headers = {}) const {
    return host_->handle(get(target, headers));
  }

  std::string read(std::string_view target) const {
    const http::Response response = ask(target);
    return response.status == 200 ? std::string{response.content()}
                                  : std::to_string(response.status);
  }

  fs::path outside_;
  fs::path www_;
  std::unique_ptr<DirectoryHost> host_;
};

INSTANTIATE_TEST_SUITE_P(Both, DirectoryHostTest,
                         ::testing::Values(Resolver::Kernel, Resolver::Walk), [](const auto& test) {
                           return test.param == Resolver::Kernel ? "Kernel" : "Walk";
                         });

TEST_P(DirectoryHostTest, GivesFilesAndTheIndexOfADirectory) {
  EXPECT_EQ(read("/"), "home");
  EXPECT_EQ(read("/?x=1"), "home");
  EXPECT_EQ(read("/main.js"), "0123456789");
  EXPECT_EQ(read("/sub/"), "sub");
  EXPECT_EQ(read("/sub/deep/a%20b.txt"), "deep");
  EXPECT_EQ(header(ask("/main.js"), "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header(ask("/sub/"), "Content-Type"), "text/html; charset=utf-8");
}

TEST_P(DirectoryHostTest, LeadsToADirectoryThatHasAnIndex) {
  const http::Response response = ask("/sub?a=b");
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(header(response, "Location"), "/sub/?a=b");
}

TEST_P(DirectoryHostTest, ListsNothing) {
  EXPECT_EQ(ask("/empty").status, 404);
  EXPECT_EQ(ask("/empty/").status, 404);
  EXPECT_EQ(ask("/sub/deep/").status, 404);
  EXPECT_EQ(ask("/none").status, 404);
  EXPECT_EQ(ask("/main.js/").status, 404);
  EXPECT_EQ(ask("/main.js/x").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByDots) {
  for (const std::string_view path :
       {"/../secret.txt", "/sub/../../secret.txt", "/sub/..", "/./main.js", "/.."}) {
    EXPECT_EQ(ask(path).status, 404) << path;
  }
}

TEST_P(DirectoryHostTest, TraversalByEncodedDots) {
  for (const std::string_view path :
       {"/%2e%2e/secret.txt", "/%2E./secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt"}) {
    EXPECT_EQ(ask(path).status, 404) << path;
  }
}

TEST_P(DirectoryHostTest, TraversalByDoubleEncoding) {
  EXPECT_EQ(ask("/%252e%252e/secret.txt").status, 404);
  EXPECT_EQ(ask("/%252e%252e%252fsecret.txt").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByBackslash) {
  EXPECT_EQ(ask("/..\\secret.txt").status, 404);
  EXPECT_EQ(ask("/..%5csecret.txt").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByNul) {
  EXPECT_EQ(ask("/main.js%00").status, 404);
  EXPECT_EQ(ask("/main.js%00.html").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByAbsolutePath) {
  EXPECT_EQ(ask("//etc/passwd").status, 404);
  EXPECT_EQ(ask("/%2fetc/passwd").status, 404);
  EXPECT_EQ(ask("/etc/passwd").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByLinkToAFile) {
  fs::create_symlink(outside_ / "secret.txt", www_ / "absolute.txt");
  fs::create_symlink("../secret.txt", www_ / "relative.txt");
  EXPECT_EQ(ask("/absolute.txt").status, 404);
  EXPECT_EQ(ask("/relative.txt").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByLinkToADirectory) {
  fs::create_directory_symlink("..", www_ / "up");
  fs::create_directory_symlink("/", www_ / "root");
  EXPECT_EQ(ask("/up/secret.txt").status, 404);
  EXPECT_EQ(ask("/root/etc/passwd").status, 404);
  EXPECT_EQ(ask("/up").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByLinkAsIndex) {
  fs::create_symlink("../../secret.txt", www_ / "empty" / "index.html");
  EXPECT_EQ(ask("/empty/").status, 404);
  EXPECT_EQ(ask("/empty").status, 404);
}

TEST_P(DirectoryHostTest, TraversalByProcessLinks) {
  fs::create_symlink("/proc/self/root", www_ / "proc");
  EXPECT_EQ(ask("/proc/etc/passwd").status, 404);
}

TEST_P(DirectoryHostTest, FollowsLinksThatStayInsideWhereTheKernelCanTell) {
  fs::create_symlink("../main.js", www_ / "sub" / "link.js");
  EXPECT_EQ(ask("/sub/link.js").status, GetParam() == Resolver::Kernel ? 200 : 404);
}

TEST_P(DirectoryHostTest, GivesNothingHidden) {
  EXPECT_EQ(ask("/.env").status, 404);
  EXPECT_EQ(ask("/.git/config").status, 404);
  EXPECT_EQ(ask("/%2egit/config").status, 404);
}

TEST_P(DirectoryHostTest, IsNotHeldByAFifoAndGivesNoDevice) {
  ASSERT_EQ(::mkfifo((www_ / "fifo").c_str(), 0644), 0);
  EXPECT_EQ(ask("/fifo").status, 404);
}

TEST_P(DirectoryHostTest, SaysThatAFileMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  fs::permissions(www_ / "main.js", fs::perms::none);
  EXPECT_EQ(ask("/main.js").status, 403);
}

TEST_P(DirectoryHostTest, RefusesBrokenEscapesAndOtherMethods) {
  EXPECT_EQ(ask("/%zz").status, 400);
  const http::Response response = host_->handle(request("POST", "/"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD");
}

TEST_P(DirectoryHostTest, SendsNothingTwice) {
  const http::Response first = ask("/main.js");
  const std::string etag = header(first, "ETag");
  EXPECT_EQ(ask("/main.js", {{"If-None-Match", etag}}).status, 304);
  const std::string date = header(first, "Last-Modified");
  ASSERT_TRUE(parse_http_date(date));
  EXPECT_EQ(ask("/main.js", {{"If-Modified-Since", date}}).status, 304);
  put(www_ / "main.js", "changed");
  EXPECT_EQ(ask("/main.js", {{"If-None-Match", etag}}).status, 200);
  EXPECT_EQ(read("/main.js"), "changed");
}

TEST_P(DirectoryHostTest, SendsRanges) {
  const http::Response part = ask("/main.js", {{"Range", "bytes=-3"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.content(), "789");
  EXPECT_EQ(header(part, "Content-Range"), "bytes 7-9/10");
  EXPECT_EQ(ask("/main.js", {{"Range", "bytes=10-"}}).status, 416);
  put(www_ / "nothing", "");
  EXPECT_EQ(read("/nothing"), "");
}

TEST_P(DirectoryHostTest, SendsALargeFileByRangesOnly) {
  put(www_ / "film.mp4", "begin");
  fs::resize_file(www_ / "film.mp4", kLargestWholeFile + 1);
  EXPECT_EQ(ask("/film.mp4").status, 500);
  const http::Response part = ask("/film.mp4", {{"Range", "bytes=0-"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.content().size(), kLargestSlice);
  EXPECT_TRUE(part.content().starts_with("begin"));
  EXPECT_EQ(header(part, "Content-Range"), "bytes 0-" + std::to_string(kLargestSlice - 1) + "/" +
                                               std::to_string(kLargestWholeFile + 1));
}

TEST_P(DirectoryHostTest, HoldsAFileOnceForManyReaders) {
  put(www_ / "picture.png", std::string(1'000'000, 'x'));
  std::vector<http::Response> readers;
  for (int i = 0; i < 50; ++i) readers.push_back(ask("/picture.png"));
  EXPECT_EQ(host_->bytes_in_flight(), 1'000'000U);
  readers.clear();
  EXPECT_EQ(host_->bytes_in_flight(), 0U);
}

TEST_P(DirectoryHostTest, BoundsWhatIsInMemory) {
  std::vector<http::Response> readers;
  std::vector<int> statuses;
  for (const std::string_view name : {"/1", "/2", "/3", "/4", "/5"}) {
    put(www_ / name.substr(1), "");
    fs::resize_file(www_ / name.substr(1), kLargestWholeFile);
    readers.push_back(ask(name));
    statuses.push_back(readers.back().status);
  }
  EXPECT_THAT(statuses, ::testing::ElementsAre(200, 200, 200, 200, 503));
  EXPECT_EQ(header(readers.back(), "Retry-After"), "2");
  readers.clear();
  EXPECT_EQ(ask("/5").status, 200);
}

TEST_P(DirectoryHostTest, OutlivesNoAnswer) {
  const http::Response response = ask("/main.js");
  host_.reset();
  EXPECT_EQ(response.content(), "0123456789");
}

TEST_P(DirectoryHostTest, GivesTheEmbeddedClient) {
  EXPECT_EQ(read("/socket.io/socket.io.js"), "client");
  EXPECT_EQ(header(ask("/socket.io/socket.io.js"), "Access-Control-Allow-Origin"), "*");
}

TEST_P(DirectoryHostTest, PutsNoPolicyUponTheUsersPages) {
  const http::Response response = ask("/");
  EXPECT_EQ(header(response, "Content-Security-Policy"), "(none)");
  EXPECT_EQ(header(response, "Permissions-Policy"), "(none)");
  EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
}

TEST_P(DirectoryHostTest, NeedsAFolder) {
  EXPECT_THROW(DirectoryHost(www_ / "none", WebHost{kTestFiles}), std::runtime_error);
  EXPECT_THROW(DirectoryHost(www_ / "main.js", WebHost{kTestFiles}), std::runtime_error);
}

TEST_P(DirectoryHostTest, SurvivesTheFoldersReplacement) {
  fs::rename(www_, outside_ / "old");
  EXPECT_EQ(ask("/").status, 404);
  fs::create_directory(www_);
  put(www_ / "index.html", "new");
  EXPECT_EQ(read("/"), "new");
}

}  // namespace
}  // namespace duet::web
