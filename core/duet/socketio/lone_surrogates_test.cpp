// SPDX-License-Identifier: MIT
// Escapes of half a surrogate pair in JSON are found, and nothing else is.
#include <duet/socketio/lone_surrogates.hpp>

#include <gtest/gtest.h>

namespace duet::socketio {
namespace {

TEST(LoneSurrogates, AreReplacedInPlace) {
  EXPECT_EQ(replace_lone_surrogates(R"(["a","\ud800"])"), R"(["a","\ufffd"])");
  EXPECT_EQ(replace_lone_surrogates(R"(\uDBFFx\uDC00)"), R"(\ufffdx\ufffd)");
  EXPECT_EQ(replace_lone_surrogates(R"(\ud83d\ud83d\ude00)"), R"(\ufffd\ud83d\ude00)");
  EXPECT_EQ(replace_lone_surrogates(R"(\ude00\ud83d)"), R"(\ufffd\ufffd)");
  EXPECT_EQ(replace_lone_surrogates(R"(\ud800\u0041)"), R"(\ufffd\u0041)");
  EXPECT_EQ(replace_lone_surrogates(R"(\\\ud800)"), R"(\\\ufffd)");
}

TEST(LoneSurrogates, AreNotSeenInWhatIsNone) {
  for (const char* text : {"", "[]", R"(\ud83d\ude00)", R"(\\ud800)", R"(\u0041\ue000\ud7ff)",
                           R"(\ud80)", R"(\ud80x)", R"(\u+d80)", R"(\u-d80)", "\\", R"("\)"}) {
    EXPECT_EQ(replace_lone_surrogates(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace duet::socketio
