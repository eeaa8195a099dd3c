// SPDX-License-Identifier: MIT
// Every sentence in both languages.
#include <duet/base/utf8.hpp>
#include <duet/config/sentences.hpp>

#include <gtest/gtest.h>

#include <set>

namespace duet::config {
namespace {

std::set<char> places(std::string_view text) {
  std::set<char> out;
  for (std::size_t i = 0; i + 2 < text.size(); ++i)
    if (text[i] == '{' && text[i + 2] == '}') out.insert(text[i + 1]);
  return out;
}

TEST(Sentences, AreAllThereInBothLanguages) {
  for (int i = 0; i <= static_cast<int>(Say::Last); ++i) {
    const Say say = static_cast<Say>(i);
    const std::string_view english = text_of(say, Language::English);
    const std::string_view chinese = text_of(say, Language::Chinese);
    SCOPED_TRACE(english);
    EXPECT_FALSE(english.empty());
    EXPECT_FALSE(chinese.empty());
    EXPECT_NE(english, chinese);
    EXPECT_TRUE(is_utf8(chinese));
    EXPECT_EQ(places(english), places(chinese));
    EXPECT_EQ(english.find_first_of("\n\r"), std::string_view::npos);
  }
}

TEST(Sentences, TellWhatTheSystemSaysInTheirLanguage) {
  const Sentence sentence{Say::CannotListen, {"127.0.0.1:80", "Permission denied"}};
  EXPECT_EQ(render(sentence, Language::English), "can't listen on 127.0.0.1:80: Permission denied");
  EXPECT_EQ(render(sentence, Language::Chinese), "无法监听 127.0.0.1:80：没有权限");
}

TEST(Sentences, HaveNoSpaceBetweenChineseCharacters) {
  const auto told = [](Say say, const char* part) {
    return render({say, {part}}, Language::Chinese);
  };
  EXPECT_EQ(told(Say::CallRinging, "对方"), "对方来了，正在接通");
  EXPECT_EQ(told(Say::CallRinging, "Eve"), "Eve 来了，正在接通");
  EXPECT_EQ(told(Say::CannotListen, "门口"), "无法监听门口：");
}

TEST(Sentences, TakeTheirParts) {
  const Sentence sentence{Say::OutOfRange, {"5ms", "100ms", "1h"}};
  EXPECT_EQ(render(sentence, Language::English), "5ms is out of range; it can be 100ms to 1h");
  EXPECT_EQ(render(sentence, Language::Chinese), "5ms 超出范围，可取 100ms 到 1h");
}

TEST(Sentences, DontLetAPartCommandTheTerminal) {
  const std::string evil =
      "\x1b]0;x\x07\xc2\x9b"
      "31m\n{1}";
  EXPECT_EQ(render({Say::NotACount, {evil}}, Language::English),
            "\"?]0;x??31m?{1}\" is not a whole number");
  const std::string shown =
      render({Say::NotACount, {std::string(100'000, 'x')}}, Language::English);
  EXPECT_LT(shown.size(), 300U);
}

}  // namespace
}  // namespace duet::config
