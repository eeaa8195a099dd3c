// SPDX-License-Identifier: MIT
// The safety number is the page's.
#include <duet/peer/safety_number.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::peer {
namespace {

TEST(SafetyNumber, IsWhatThePageComputesForTheSameFingerprints) {
  EXPECT_THAT(safety_number("sha-256 0A:1B", "sha-256 00:FF"),
              testing::ElementsAre("30430", "45557", "84539", "37831", "88200", "86375", "09759",
                                   "84753", "63147", "76917", "03177", "54470"));
}

TEST(SafetyNumber, IsTheSameAtBothEndsHoweverTheyWriteThem) {
  EXPECT_EQ(safety_number("sha-256 0A:1B", "sha-256 00:FF"),
            safety_number("SHA-256 00:ff", "sha-256 0a:1b"));
}

TEST(SafetyNumber, IsAnotherForAnotherCertificate) {
  EXPECT_NE(safety_number("sha-256 0A:1B", "sha-256 00:FF"),
            safety_number("sha-256 0A:1B", "sha-256 00:FE"));
}

}  // namespace
}  // namespace duet::peer
