// SPDX-License-Identifier: MIT
// When two lines mean the same codec.
#include <duet/peer/codec_match.hpp>
#include <duet/peer/h264_profile.hpp>

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace duet::peer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Profile = H264ProfileLevel::Profile;

bool is_same(std::string_view name, std::string_view a, std::string_view b) {
  return is_same_codec({name, 90'000, 1, a}, {name, 90'000, 1, b});
}

TEST(PeerH264Profile, ReadsTheTableOfTheRfc) {  // RFC 6184 §8.1, Table 5
  const std::vector<std::pair<std::string_view, Profile>> cases = {
      {"42e01f", Profile::ConstrainedBaseline},
      {"42C00B", Profile::ConstrainedBaseline},
      {"4d800a", Profile::ConstrainedBaseline},
      {"58c00a", Profile::ConstrainedBaseline},
      {"42001f", Profile::Baseline},
      {"42a01f", Profile::Baseline},
      {"58800a", Profile::Baseline},
      {"4d001f", Profile::Main},
      {"4d401f", Profile::Main},
      {"58000a", Profile::Extended},
      {"64001f", Profile::High},
      {"640c1f", Profile::ConstrainedHigh},
      {"6e001f", Profile::Other},
      {"42e11f", Profile::Other},
  };
  for (const auto& [text, profile] : cases) {
    SCOPED_TRACE(text);
    const auto parsed = H264ProfileLevel::parse(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->profile, profile);
  }
  for (const auto* text : {"", "42e01", "42e01f0", "42e01g", "-2e01f", "0x42e0"}) {
    EXPECT_FALSE(H264ProfileLevel::parse(text)) << text;
  }
}

TEST(PeerH264Profile, TakesLevel1bForLevel1) {
  EXPECT_EQ(H264ProfileLevel::parse("42f00b")->level, 10);
  EXPECT_EQ(H264ProfileLevel::parse("42e00b")->level, 11);
}

TEST(PeerCodecMatch, ComparesProfilesAndPacketization) {
  EXPECT_TRUE(is_same("H264", "profile-level-id=42e01f;packetization-mode=1",
                      "packetization-mode=1;profile-level-id=42c028"));
  EXPECT_FALSE(
      is_same("H264", "profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f"));
  EXPECT_FALSE(is_same("H264", "profile-level-id=42e01f", "profile-level-id=42001f"));
  EXPECT_FALSE(is_same("H264", "profile-level-id=nonsense", "profile-level-id=42001f"));
  EXPECT_TRUE(is_same("H264", "", "profile-level-id=42e01f"));
  EXPECT_TRUE(is_same("VP9", "profile-id=0", ""));
  EXPECT_FALSE(is_same("VP9", "profile-id=2", ""));
  EXPECT_TRUE(is_same("AV1", "profile=0;level-idx=5", "level-idx=8"));
  EXPECT_FALSE(is_same("AV1", "profile=1", ""));
  EXPECT_TRUE(is_same("VP8", "max-fs=1", ""));
}

TEST(PeerCodecMatch, ComparesNamesWithoutCaseAndChannelsWithCare) {
  EXPECT_TRUE(is_same_codec({"OPUS", 48'000, 2, ""}, {"opus", 48'000, 2, "stereo=1"}));
  EXPECT_TRUE(is_same_codec({"opus", 48'000, 2, ""}, {"OPUS", 48'000, 1, ""}));  // RFC 7587 §7
  EXPECT_FALSE(is_same_codec({"opus", 48'000, 2, ""}, {"opus", 48'000, 6, ""}));
  EXPECT_FALSE(is_same_codec({"L16", 48'000, 2, ""}, {"L16", 48'000, 1, ""}));
  EXPECT_FALSE(is_same_codec({"opus", 48'000, 2, ""}, {"opus", 16'000, 2, ""}));
}

sdp::PayloadFormat format(int number, std::string name, std::string fmtp = {}) {
  return {.payload_type = PayloadType{static_cast<std::uint8_t>(number)},
          .encoding = std::move(name),
          .clock_rate_hz = 90'000,
          .fmtp = std::move(fmtp)};
}

std::vector<int> numbers(const std::vector<sdp::PayloadFormat>& formats) {
  std::vector<int> out;
  for (const auto& each : formats) out.push_back(each.payload_type.value());
  return out;
}

TEST(PeerCodecMatch, TakesHelpersOnlyWithWhatTheyHelp) {
  const auto codecs = default_capabilities().video.codecs;
  const auto answered = answer_formats(
      {format(1, "rtx", "apt=2"), format(2, "VP8"), format(3, "rtx", "apt=4"), format(4, "VP7"),
       format(5, "rtx", "apt=x"), format(6, "ulpfec"), format(7, "rtx", "apt=1")},
      codecs, false);
  // No RED, so no ULPFEC; and no retransmission of retransmissions.
  EXPECT_THAT(numbers(answered), ElementsAre(1, 2));
}

TEST(PeerCodecMatch, RefusesASectionThatHasNothingButHelpers) {
  const auto codecs = default_capabilities().video.codecs;
  EXPECT_THAT(answer_formats({format(1, "red"), format(2, "ulpfec"), format(3, "")}, codecs, false),
              IsEmpty());
}

TEST(PeerHostile, AnswersAFullListOfPayloadTypes) {
  std::vector<sdp::PayloadFormat> offered;
  for (int number = 0; number < 128; ++number) offered.push_back(format(number, "VP8"));
  EXPECT_THAT(answer_formats(offered, default_capabilities().video.codecs, false), SizeIs(128));
}

TEST(PeerCodecMatch, ReadsWhatRedCarries) {  // RFC 2198 §5
  EXPECT_THAT(red_payload_types("111/63"), ElementsAre(PayloadType{111}, PayloadType{63}));
  EXPECT_THAT(red_payload_types("x/300"), IsEmpty());
}

}  // namespace
}  // namespace duet::peer
