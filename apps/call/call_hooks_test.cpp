// SPDX-License-Identifier: MIT
// Commands of a device's owner, and strangers who cause them.
#include "call_hooks.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace duet::apps {
namespace {

struct HooksTest : testing::Test {
  ~HooksTest() override { std::filesystem::remove(file); }

  /// What is in the file once there is something.
  std::string written() const {
    for (int i = 0; i < 500; ++i) {
      std::ifstream in{file};
      std::ostringstream text;
      text << in.rdbuf();
      if (text.str().ends_with("\n")) return text.str();
      ::usleep(10'000);
    }
    return {};
  }

  std::string file = testing::TempDir() + "duet-hook-" + std::to_string(::getpid());
  Hooks hooks;
};

TEST_F(HooksTest, GivesFactsInTheEnvironmentAndNowhereElse) {
  hooks.run("printf '%s\n' \"$DUET_PEER\" >" + file,
            {{"DUET_PEER", "$(id)`id`';id;'\n\x1b[31m \xE9\x97\xA8"}});
  EXPECT_EQ(written(), "$(id)`id`';id;'??[31m \xE9\x97\xA8\n");
}

TEST_F(HooksTest, IgnoreNoSignalThatTheCallIgnores) {
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
  hooks.run("grep SigIgn: /proc/self/status >" + file, {});
  const std::string ignored = written();
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_DFL);
  ASSERT_TRUE(ignored.starts_with("SigIgn:")) << ignored;
  const auto mask = std::stoull(ignored.substr(7), nullptr, 16);
  EXPECT_EQ(mask & (1ULL << (SIGPIPE - 1) | 1ULL << (SIGXFSZ - 1)), 0U) << ignored;
}

TEST_F(HooksTest, CutsLongValuesBetweenCharacters) {
  std::string name = "x";
  for (int i = 0; i < 400; ++i) name += "\xE9\x97\xA8";  // three bytes each: 1000 is inside one
  hooks.run("printf '%s\n' \"$DUET_PEER\" >" + file, {{"DUET_PEER", name}});
  EXPECT_EQ(written(), name.substr(0, 1000) + "\n");
}

TEST_F(HooksTest, LetsAStrangerWhoComesAndGoesStartFew) {
  int begun = 0;
  for (int i = 0; i < 10'000; ++i) {  // for ten seconds
    if (hooks.may_begin(Instant{1h} + i * 1ms)) ++begun;
  }
  EXPECT_LE(begun, 15);
  EXPECT_GE(begun, 10);
  EXPECT_TRUE(hooks.may_begin(Instant{2h}));
}

TEST_F(HooksTest, StartsNoMoreWhereThoseBeforeDontEnd) {
  for (std::size_t i = 0; i < Hooks::kMost; ++i) hooks.run("exec sleep 1", {});
  EXPECT_FALSE(hooks.may_begin(Instant{1h}));
  ::sleep(2);
  EXPECT_TRUE(hooks.may_begin(Instant{1h}));
}

}  // namespace
}  // namespace duet::apps
