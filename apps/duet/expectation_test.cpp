// SPDX-License-Identifier: MIT
// Expectations: as they are written, and what meets them.
#include "expectation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::apps {
namespace {

using testing::IsEmpty;

Expectation read(std::string_view text) { return *config::Codec<Expectation>::parse(text); }

std::vector<std::string> what_misses(std::string_view text, const CallFigures& figures) {
  std::vector<std::string> out;
  const Expectation one = read(text);
  for (const Missed& each : missed({&one, 1}, figures)) out.push_back(each.was);
  return out;
}

TEST(Expectation, ComparesWithUnits) {
  const CallFigures figures{.connected = 1500ms, .video_fps = 24.0, .loss = 0.015, .path = "host"};
  EXPECT_THAT(what_misses("connected<3s", figures), IsEmpty());
  EXPECT_THAT(what_misses("connected<=1500ms", figures), IsEmpty());
  EXPECT_THAT(what_misses("connected<1500ms", figures), testing::ElementsAre("1.5s"));
  EXPECT_THAT(what_misses("video_fps>=24", figures), IsEmpty());
  EXPECT_THAT(what_misses("video_fps>24", figures), testing::ElementsAre("24"));
  EXPECT_THAT(what_misses("loss<2%", figures), IsEmpty());
  EXPECT_THAT(what_misses("loss<1.5%", figures), testing::ElementsAre("1.5%"));
  EXPECT_THAT(what_misses("video_rate>1M", {.video_rate = 594'400}), testing::ElementsAre("594k"));
  EXPECT_THAT(what_misses("rtt<1ms", {.round_trip = 0.033}), testing::ElementsAre("33ms"));
  EXPECT_THAT(what_misses("path=host", figures), IsEmpty());
  EXPECT_THAT(what_misses("path=relay", figures), testing::ElementsAre("host"));
}

TEST(Expectation, IsMissedWhereNothingCame) {
  EXPECT_THAT(what_misses("video_fps>=0", {}), testing::ElementsAre("nothing"));
  EXPECT_THAT(what_misses("loss<100%", {}), testing::ElementsAre("nothing"));
  EXPECT_THAT(what_misses("path=host", {}), testing::ElementsAre("nothing"));
}

TEST(Expectation, IsToldInBothLanguages) {
  const auto told = [](const Missed& one, config::Language language) {
    return render(sentence_of(one), language);
  };
  using enum config::Language;
  EXPECT_EQ(told({"loss<2%", "3%"}, English), "expected loss<2%, and it was 3%");
  EXPECT_EQ(told({"loss<2%", "nothing"}, English), "expected loss<2%, and there was nothing");
  EXPECT_EQ(told({"loss<2%", "nothing"}, Chinese), "要求 loss<2%，实际什么也没有");
}

TEST(Expectation, IsRefusedInWordsWhenItIsNone) {
  for (const std::string_view text :
       {"connected", "connected<", "connected<3", "fps>3", "loss<2", "path<host", "path=wifi",
        "path=", "<3s", "video_fps>x", "video_rate>500"}) {
    EXPECT_FALSE(config::Codec<Expectation>::parse(text)) << text;
  }
}

}  // namespace
}  // namespace duet::apps
