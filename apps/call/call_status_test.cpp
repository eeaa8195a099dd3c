// SPDX-License-Identifier: MIT
// What stands at the foot of a terminal.
#include "call_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::apps {
namespace {

using config::Language;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(CallStatus, SaysWhatAnInterruptedCallWaitsForAndHowLong) {
  CallStatus status{.room = "otter", .since_connected = 3min + 12s};
  EXPECT_THAT(status_lines(status, Language::English),
              ElementsAre("otter  00:03:12  ", " out  -", " in   -"));
  status.awaited = CallStatus::Awaited{config::Say::CallClosed, 11'200ms};
  const auto lines = status_lines(status, Language::English);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_THAT(lines[1], HasSubstr("within 12s"));
  EXPECT_THAT(status_lines(status, Language::Chinese)[1], HasSubstr("12s"));
}

TEST(CallStatus, TellsThePathAndWhatIsOff) {
  const CallStatus status{
      .room = "otter",
      .path = PathFigures{.local = "host", .remote = "relay", .protocol = "udp", .round_trip = 4ms},
      .is_muted = true,
      .takes_keys = true};
  const auto lines = status_lines(status, Language::English);
  EXPECT_EQ(lines.front(), "otter  00:00:00  udp host-relay  rtt 4 ms");
  EXPECT_THAT(lines.back(), HasSubstr("[muted] m mute"));
}

TEST(CallStatus, LinksToRoomsOfAnyName) {
  const auto server = *host::ServerUrl::parse("https://box.lan:2022/");
  EXPECT_EQ(room_link(server, "green-otter_4.2~"), "https://box.lan:2022/r/green-otter_4.2~");
  EXPECT_EQ(room_link(server, "a b/\xE4\xBD\xA0"), "https://box.lan:2022/r/a%20b%2F%E4%BD%A0");
}

}  // namespace
}  // namespace duet::apps
