// SPDX-License-Identifier: MIT
// Tests of what the build embedded: the page, and the files that other programs rely on.
#include <duet/web/page.hpp>

#include <gtest/gtest.h>

#include <zlib.h>

#include <set>
#include <string>

namespace duet::web {
namespace {

std::string unpack(std::string_view packed, std::size_t size) {
  std::string content(size + 1, '\0');
  z_stream stream{};
  constexpr int kGzip = 16;
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + kGzip), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(content.data());
  stream.avail_out = static_cast<uInt>(content.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  content.resize(stream.total_out);
  inflateEnd(&stream);
  return content;
}

TEST(Page, HasWhatItsServerPromises) {
  for (const std::string_view path :
       {"index.html", "seed/index.html", "seed/v2/index.html", "socket.io/socket.io.js",
        "socket.io/socket.io.js.map", "socket.io/socket.io.min.js"}) {
    const EmbeddedFile* const file = find(page_files(), path);
    ASSERT_NE(file, nullptr) << path;
    EXPECT_FALSE(file->identity.empty()) << path;
  }
  EXPECT_TRUE(find(page_files(), "index.html")->identity.starts_with("<!"));
}

TEST(Page, IsSortedWithoutRepetition) {
  std::string_view last;
  for (const EmbeddedFile& file : page_files()) {
    EXPECT_LT(last, file.path);
    last = file.path;
  }
}

TEST(Page, IsTheSameInBothForms) {
  for (const EmbeddedFile& file : page_files()) {
    if (file.gzip.empty()) continue;
    EXPECT_LT(file.gzip.size(), file.identity.size()) << file.path;
    EXPECT_EQ(unpack(file.gzip, file.identity.size()), file.identity) << file.path;
  }
  EXPECT_FALSE(find(page_files(), "index.html")->gzip.empty());
}

TEST(Page, TellsContentsApart) {
  std::set<std::string_view> hashes;
  std::set<std::string_view> contents;
  for (const EmbeddedFile& file : page_files()) {
    EXPECT_EQ(file.hash.size(), 32U);
    hashes.insert(file.hash);
    contents.insert(file.identity);
  }
  EXPECT_EQ(hashes.size(), contents.size());
}

TEST(Page, HasNothingHidden) {
  for (const EmbeddedFile& file : page_files()) {
    EXPECT_FALSE(file.path.starts_with('.')) << file.path;
    EXPECT_EQ(file.path.find("/."), std::string_view::npos) << file.path;
  }
}

}  // namespace
}  // namespace duet::web
