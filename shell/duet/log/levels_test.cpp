// SPDX-License-Identifier: MIT
// What `--log` takes.
#include <duet/log/levels.hpp>

#include <gtest/gtest.h>

namespace duet::log {
namespace {

struct Case {
  std::string_view text;
  Level net;
  Level http;
  std::string_view again;
};

TEST(Levels, AreParsedAndWrittenAgain) {
  const Case cases[] = {
      {"info", Level::Info, Level::Info, "info"},
      {"trace", Level::Trace, Level::Trace, "trace"},
      {"http=debug", Level::Info, Level::Debug, "info,http=debug"},
      {"warn,http=debug", Level::Warn, Level::Debug, "warn,http=debug"},
      {"http=debug,warn", Level::Warn, Level::Debug, "warn,http=debug"},
      {"http=debug,http=error", Level::Info, Level::Error, "info,http=error"},
      {"error,net=trace,sig=info", Level::Trace, Level::Error, "error,net=trace,sig=info"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto levels = Levels::parse(c.text);
    ASSERT_TRUE(levels);
    EXPECT_EQ(levels->of(Module::Net), c.net);
    EXPECT_EQ(levels->of(Module::Http), c.http);
    EXPECT_EQ(levels->to_string(), c.again);
    EXPECT_EQ(Levels::parse(levels->to_string()), *levels);
  }
}

TEST(Levels, NameTheWordThatIsWrong) {
  using Rule = LevelsError::Rule;
  const std::tuple<std::string_view, Rule, std::string_view> cases[] = {
      {"", Rule::UnknownLevel, ""},
      {"loud", Rule::UnknownLevel, "loud"},
      {"info,", Rule::UnknownLevel, ""},
      {"info,http=", Rule::UnknownLevel, ""},
      {"htp=debug", Rule::UnknownModule, "htp"},
      {"=debug", Rule::UnknownModule, ""},
      {"http=debug=x", Rule::UnknownLevel, "debug=x"},
  };
  for (const auto& [text, rule, word] : cases) {
    SCOPED_TRACE(text);
    const auto levels = Levels::parse(text);
    ASSERT_FALSE(levels);
    EXPECT_EQ(levels.error().rule, rule);
    EXPECT_EQ(levels.error().word, word);
  }
}

}  // namespace
}  // namespace duet::log
