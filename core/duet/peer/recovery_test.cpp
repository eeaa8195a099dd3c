// SPDX-License-Identifier: MIT
// Restarts and the end of patience.
#include <duet/peer/recovery.hpp>

#include <gtest/gtest.h>

namespace duet::peer {
namespace {

using Action = Recovery::Action;

constexpr Instant at(Duration since_start) { return Instant{} + since_start; }

TEST(Recovery, LetsAShortOutageHealByItself) {
  Recovery recovery;
  recovery.handle_connection(at(0s), ConnectionState::Disconnected);
  EXPECT_EQ(recovery.next_timeout(), at(3s));
  EXPECT_EQ(recovery.poll_action(at(2999ms)), std::nullopt);
  recovery.handle_connection(at(2999ms), ConnectionState::Connected);
  EXPECT_EQ(recovery.poll_action(at(1h)), std::nullopt);
  EXPECT_EQ(recovery.next_timeout(), std::nullopt);
}

TEST(Recovery, RestartsAfterThreeSecondsAndThenEveryEight) {
  Recovery recovery;
  recovery.handle_connection(at(0s), ConnectionState::Disconnected);
  EXPECT_EQ(recovery.poll_action(at(3s)), Action::Restart);
  EXPECT_EQ(recovery.poll_action(at(3s)), std::nullopt);
  EXPECT_EQ(recovery.poll_action(at(11s)), Action::Restart);
}

TEST(Recovery, RestartsAtOnceWhatHasFailedButNotOneThatHasHadNoTime) {
  Recovery recovery;
  recovery.handle_connection(at(0s), ConnectionState::Failed);
  EXPECT_EQ(recovery.poll_action(at(0s)), Action::Restart);
  recovery.handle_connection(at(1s), ConnectionState::Failed);
  EXPECT_EQ(recovery.poll_action(at(2s)), std::nullopt);
  EXPECT_EQ(recovery.poll_action(at(3s)), Action::Restart);
}

TEST(Recovery, WaitsWhileNothingSaidIsHeard) {
  Recovery recovery;
  recovery.handle_connection(at(0s), ConnectionState::Failed);
  recovery.handle_signaling_down();
  EXPECT_EQ(recovery.poll_action(at(20s)), std::nullopt);
  EXPECT_EQ(recovery.next_timeout(), at(60s));
  recovery.handle_signaling_up(at(20s));  // the one who hears `join` offers now
  EXPECT_EQ(recovery.poll_action(at(27s)), std::nullopt);
  EXPECT_EQ(recovery.poll_action(at(28s)), Action::Restart);
}

TEST(Recovery, GivesUpOnceAfterAMinute) {
  Recovery recovery;
  recovery.handle_start(at(0s));
  recovery.handle_replaced(at(30s));
  EXPECT_EQ(recovery.poll_action(at(60s)), Action::GiveUp);
  EXPECT_EQ(recovery.poll_action(at(61s)), std::nullopt);
  EXPECT_FALSE(recovery.is_in_trouble());
}

}  // namespace
}  // namespace duet::peer
