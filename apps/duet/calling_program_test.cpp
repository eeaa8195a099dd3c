// SPDX-License-Identifier: MIT
// Where duet-call is looked for.
#include "calling_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::apps {
namespace {

TEST(CallingProgram, IsBesideTheCommandOrInItsLibexec) {
  EXPECT_THAT(places_of_calling_program("/usr/bin/duet"),
              ::testing::ElementsAre("/usr/bin/duet-call", "/usr/libexec/duet/duet-call"));
}

}  // namespace
}  // namespace duet::apps
