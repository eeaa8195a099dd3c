// SPDX-License-Identifier: MIT
// Strangers' text on a terminal.
#include "harmless.hpp"

#include <gtest/gtest.h>

namespace duet::apps {
namespace {

TEST(Harmless, LeavesNothingThatCommandsATerminal) {
  EXPECT_EQ(harmless("A\x1b[2Jdoor\r\n\x7f"), "A?[2Jdoor???");
  EXPECT_EQ(harmless("\xC2\x9B"
                     "31m"),
            "?31m");  // CSI as one character
  EXPECT_EQ(harmless("门铃 é"), "门铃 é");
}

TEST(Cut, CountsWhatATerminalShows) {
  EXPECT_EQ(cut("otter", 3), "ott");
  EXPECT_EQ(cut("otter", 5), "otter");
  EXPECT_EQ(cut("已接通", 4), "已接");
  EXPECT_EQ(cut("已接通", 5), "已接");  // no half characters
  EXPECT_EQ(cut("", 5), "");
}

TEST(Folded, BreaksBetweenFiguresAndNotInThem) {
  EXPECT_EQ(folded(" out  VP8 1280x720 30 fps  1.41 Mb/s  loss 0.0 %", 40),
            (std::vector<std::string>{" out  VP8 1280x720 30 fps  1.41 Mb/s", "      loss 0.0 %"}));
  EXPECT_EQ(folded("one  two", 40), std::vector<std::string>{"one  two"});
  EXPECT_EQ(folded("otters", 3), std::vector<std::string>{"ott"});
  EXPECT_EQ(folded("", 3), std::vector<std::string>{""});
}

}  // namespace
}  // namespace duet::apps
