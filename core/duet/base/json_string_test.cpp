// SPDX-License-Identifier: MIT
// JSON strings: what must be escaped is, and nothing else.
#include <duet/base/json_string.hpp>

#include <gtest/gtest.h>

namespace duet {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, WritesTextAsItIs) {
  EXPECT_EQ(quoted(""), R"("")");
  EXPECT_EQ(quoted("a/\u00e9\u20ac\U0001F600\x7F"), "\"a/\u00e9\u20ac\U0001F600\x7F\"");
}

TEST(JsonString, EscapesWhatItMust) {  // RFC 8259 §7
  EXPECT_EQ(quoted("\"\\"), R"("\"\\")");
  EXPECT_EQ(quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(quoted({"\0\x01\x1f", 3}), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(quoted("a\"b\"c"), R"("a\"b\"c")");
}

TEST(JsonString, IsPutTogetherFromParts) {
  std::string out = "[\"";
  append_json_escaped(out, "Room ");
  append_json_escaped(out, "\"");
  out += "\"]";
  EXPECT_EQ(out, R"(["Room \""])");
}

}  // namespace
}  // namespace duet
