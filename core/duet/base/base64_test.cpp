// SPDX-License-Identifier: MIT
// Base64 with the vectors of its RFC.
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/base/random.hpp>

#include <gtest/gtest.h>

namespace duet {
namespace {

std::string encode(std::string_view text) {
  std::string out;
  base64_append(out, as_bytes(text));
  return out;
}

std::string decode(std::string_view text) {
  const auto bytes = base64_decode(text);
  return bytes ? std::string{as_text(*bytes)} : "nothing";
}

TEST(Base64, SpeaksTheVectorsOfTheRfc) {  // RFC 4648 §10
  constexpr std::pair<std::string_view, std::string_view> kVectors[] = {{"", ""},
                                                                        {"f", "Zg=="},
                                                                        {"fo", "Zm8="},
                                                                        {"foo", "Zm9v"},
                                                                        {"foob", "Zm9vYg=="},
                                                                        {"fooba", "Zm9vYmE="},
                                                                        {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : kVectors) {
    EXPECT_EQ(encode(plain), coded);
    EXPECT_EQ(decode(coded), plain);
    EXPECT_EQ(decode(coded.substr(0, coded.find('='))), plain);  // padding may be missing
  }
}

TEST(Base64, AppendsToWhatIsThere) {
  std::string out = "b";
  base64_append(out, as_bytes("f"));
  base64_append(out, as_bytes("foo"));
  EXPECT_EQ(out, "bZg==Zm9v");
}

TEST(Base64, RefusesWhatNoEncoderMakes) {
  for (const std::string_view text :
       {"A", "AAAAA", "=", "==", "===", "====", "A===", "AA=", "AAA==", "Zg==Zg==", "Zm 8",
        "Zm9v\n", "Zm-_", "Z=g=", "AAAA=", "AAAA====", "\xC3\xA9"}) {
    EXPECT_EQ(decode(text), "nothing") << text;
  }
}

TEST(Base64, ComesBackWhole) {
  SeededRandom random{1};
  for (std::size_t size = 0; size < 100; ++size) {
    std::vector<std::byte> bytes(size);
    random.fill(bytes);
    EXPECT_EQ(base64_decode(encode(as_text(bytes))), bytes);
  }
}

TEST(Base64Url, HasNoCharacterThatAUrlEscapes) {  // RFC 4648 §5
  EXPECT_EQ(base64url_encode(as_bytes("\xFB\xFF\xFE")), "-__-");
  EXPECT_EQ(base64url_encode(as_bytes("f")), "Zg");
}

TEST(Base64Url, ComesBackWholeAndInNoOtherAlphabet) {
  SeededRandom random{1};
  for (std::size_t size = 0; size < 100; ++size) {
    std::vector<std::byte> bytes(size);
    random.fill(bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
  for (const char* text : {"+//+", "-__+", "Zg==", "Zg=", "Z", "Z g="}) {
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace duet
