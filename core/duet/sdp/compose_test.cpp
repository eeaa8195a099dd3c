// SPDX-License-Identifier: MIT
// What was read from real descriptions and written anew from its values reads the same.
#include <duet/sdp/compose.hpp>
#include <duet/sdp/description.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace duet::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<MediaSection> without_lines(std::vector<MediaSection> sections) {
  for (MediaSection& section : sections) section.lines.clear();
  return sections;
}

TEST(SdpCompose, GivesBackTheValuesOfEveryCapture) {
  for (const auto& entry : std::filesystem::directory_iterator{DUET_CAPTURES "/sdp"}) {
    SCOPED_TRACE(entry.path().filename());
    std::ifstream in{entry.path(), std::ios::binary};
    const auto read = Description::parse({std::string{std::istreambuf_iterator<char>{in}, {}}});
    ASSERT_TRUE(read);
    const Session session{.origin = read->origin(), .groups = read->groups()};
    const auto again = Description::parse(*compose(session, read->sections()));
    ASSERT_TRUE(again);
    EXPECT_TRUE(without_lines(again->sections()) == without_lines(read->sections()));
    EXPECT_EQ(again->groups(), read->groups());
    EXPECT_EQ(again->origin(), read->origin());
  }
}

TEST(SdpCompose, SaysLittleOfARejectedSection) {
  MediaSection section;
  section.kind = MediaKind::Video;
  section.media = "video";
  section.protocol = "UDP/TLS/RTP/SAVPF";
  section.formats = {"96"};
  section.mid = "v";
  section.transport.ice_ufrag = "abcd";
  const std::string text = *compose(Session{.origin = {"-", "1", 1}}, std::vector{section});
  EXPECT_THAT(
      text,
      HasSubstr("m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=inactive\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("ice-ufrag")));
  EXPECT_TRUE(Description::parse(text)->sections()[0].is_rejected());
}

TEST(SdpCompose, WritesNoLineThatAValueWouldBegin) {
  const Session session{.origin = {"-", "1", 1}, .groups = {{"BUNDLE", {"0\r\nm=audio 9 X 0"}}}};
  EXPECT_FALSE(compose(session, {}));
}

TEST(SdpCompose, WritesTheOlderFormOfDataChannelsAsItWasRead) {
  MediaSection section;
  section.kind = MediaKind::Application;
  section.media = "application";
  section.port = 9;
  section.protocol = "DTLS/SCTP";
  section.formats = {"5000"};
  section.sctp_port = 5000;
  section.max_message_size = 7;
  const auto again =
      Description::parse(*compose(Session{.origin = {"-", "1", 1}}, std::vector{section}));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->sections()[0].is_data_channel());
  EXPECT_EQ(without_lines(again->sections()), std::vector{section});
}

}  // namespace
}  // namespace duet::sdp
