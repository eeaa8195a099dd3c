// SPDX-License-Identifier: MIT
// Descriptions of real programs come back as they went in, and bounds and rules hold for the rest.
#include <duet/sdp/description.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace duet::sdp {
namespace {

using Reason = ParseError::Reason;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::filesystem::path kCaptures = DUET_CAPTURES "/sdp";

std::string read(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

Description capture(std::string_view name) {
  auto description = Description::parse(read(kCaptures / name));
  EXPECT_TRUE(description) << name;
  return description ? *std::move(description) : Description{};
}

constexpr std::string_view kSession = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
constexpr std::string_view kVideo = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n";

/// A video section with `lines`, each without its end.
std::string video(const std::vector<std::string>& lines) {
  std::string text = std::string{kSession} + std::string{kVideo};
  for (const std::string& line : lines) text += line + "\r\n";
  return text;
}

ParseError error_of(std::string_view text) {
  const auto description = Description::parse(text);
  EXPECT_FALSE(description) << text.substr(0, 200);
  return description ? ParseError{} : description.error();
}

MediaSection section_of(const std::vector<std::string>& lines) {
  const auto description = Description::parse(video(lines));
  EXPECT_TRUE(description);
  return description ? description->sections().front() : MediaSection{};
}

TEST(SdpDescription, GivesBackEveryCaptureByteForByte) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{kCaptures}) {
    SCOPED_TRACE(entry.path().filename());
    const std::string text = read(entry.path());
    const auto description = Description::parse(text);
    ASSERT_TRUE(description);
    EXPECT_EQ(description->serialize(), text);
    ++files;
  }
  EXPECT_GE(files, 11U);
}

TEST(SdpDescription, ReadsTheVideoOfAChromiumOffer) {
  const Description offer = capture("chromium-156-offer-with-candidates.sdp");
  ASSERT_THAT(offer.sections(), SizeIs(3));
  EXPECT_THAT(offer.bundle_of("1")->mids, ElementsAre("0", "1", "2"));
  const MediaSection& video = *offer.find_mid("1");
  EXPECT_EQ(video.kind, MediaKind::Video);
  EXPECT_EQ(video.direction, Direction::SendRecv);
  EXPECT_TRUE(video.rtcp_mux && video.rtcp_rsize && video.extmap_allow_mixed);
  EXPECT_THAT(video.payloads, SizeIs(23));
  EXPECT_THAT(video.extensions, SizeIs(11));
  const PayloadFormat& h264 = *video.find_payload(PayloadType{108});
  EXPECT_EQ(h264.encoding, "H264");
  EXPECT_EQ(h264.parameter("Profile-Level-ID"), "42e01f");
  EXPECT_THAT(h264.feedback,
              ElementsAre("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"));
  EXPECT_EQ(video.find_payload(PayloadType{97})->parameter("apt"), "96");
  EXPECT_EQ(video.msids.front().track, "7f5f21f2-2eb5-4902-99b0-5890251f6b91");
  ASSERT_THAT(video.source_groups, SizeIs(1));
  EXPECT_THAT(video.source_groups[0].ssrcs, ElementsAre(Ssrc{2856179196}, Ssrc{1084357498}));
  EXPECT_EQ(video.sources[0].cname, "TOxf4wVYT0osz/i8");
  EXPECT_THAT(video.candidates, SizeIs(2));
  EXPECT_EQ(video.transport.ice_ufrag, "O1dQ");
  EXPECT_EQ(video.transport.setup, Setup::Actpass);
}

TEST(SdpDescription, GivesSectionsOfFirefoxWhatItsSessionSays) {
  const Description offer = capture("firefox-153-offer-with-candidates.sdp");
  for (const MediaSection& section : offer.sections()) {
    ASSERT_THAT(section.transport.fingerprints, SizeIs(1));
    EXPECT_EQ(section.transport.fingerprints[0].algorithm, "sha-256");
    EXPECT_TRUE(section.transport.has_ice_option("trickle"));
  }
  const MediaSection& audio = offer.sections()[0];
  EXPECT_TRUE(audio.end_of_candidates);
  EXPECT_EQ(audio.extensions[1].direction, Direction::RecvOnly);
  const MediaSection& data = offer.sections()[2];
  EXPECT_TRUE(data.is_data_channel());
  EXPECT_EQ(data.sctp_port, 5000);
  EXPECT_EQ(data.max_message_size, 1073741823U);
}

TEST(SdpDescription, ReadsSimulcastAndItsRids) {
  for (const auto* name : {"chromium-156-simulcast-offer.sdp", "firefox-153-simulcast-offer.sdp"}) {
    const Description offer = capture(name);
    EXPECT_THAT(offer.sections()[0].rids, SizeIs(3));
    EXPECT_EQ(offer.sections()[0].simulcast, "send h;m;l");
  }
}

TEST(SdpDescription, ReadsMsidWhereGstreamerPutsIt) {
  const Description offer = capture("gstreamer-1.22-vp8-offer.sdp");
  EXPECT_EQ(offer.sections()[0].sources[0].msid->track, "webrtctransceiver0");
  EXPECT_EQ(offer.sections()[0].sources[0].cname, "user1642806833@host-82193ee3");
}

TEST(SdpDescription, TakesLinesThatEndInLfAlone) {
  std::string text = read(kCaptures / "firefox-153-offer.sdp");
  const Description whole = *Description::parse(text);
  std::erase(text, '\r');
  text.pop_back();
  EXPECT_EQ(*Description::parse(text), whole);
}

TEST(SdpDescription, TakesEmptyLinesAtTheEndAndNowhereElse) {
  const std::string text = video({"a=mid:v"});
  EXPECT_EQ(*Description::parse(text + "\r\n\n"), *Description::parse(text));
  EXPECT_EQ(error_of(video({"", "a=mid:v"})), (ParseError{.line = 6, .reason = Reason::NotALine}));
}

TEST(SdpDescription, TakesSpacesAroundValues) {
  const std::string text = video({"a=mid: v", "a=ice-ufrag:abcd ", "a=setup: active ",
                                  "a=ice-pwd:0123456789012345678901 ", "a=rtcp-mux "});
  const auto description = Description::parse(text);
  ASSERT_TRUE(description);
  const MediaSection& section = description->sections()[0];
  EXPECT_EQ(section.mid, "v");
  EXPECT_EQ(section.transport.ice_ufrag, "abcd");
  EXPECT_EQ(section.transport.ice_pwd, "0123456789012345678901");
  EXPECT_EQ(section.transport.setup, Setup::Active);
  EXPECT_TRUE(section.rtcp_mux);
  EXPECT_EQ(description->serialize(), text);
}

TEST(SdpDescription, KeepsWhatItDoesNotKnowInItsPlace) {
  const std::string text =
      video({"a=x-new:1 2  3", "a=mid:v", "b=X-YZ:128", "a=rtpmap:96 VP8/90000", "a=rtcp-rsize",
             "a=x-new", "a=imageattr:96 send [x=1]"});
  EXPECT_EQ(Description::parse(text)->serialize(), text);
}

TEST(SdpDescription, ReadsTheOlderFormOfDataChannels) {
  const auto description = Description::parse(
      std::string{kSession} +
      "m=application 9 DTLS/SCTP 5001\r\na=sctpmap:5001 webrtc-datachannel 1024\r\n");
  ASSERT_TRUE(description);
  EXPECT_TRUE(description->sections()[0].is_data_channel());
  EXPECT_EQ(description->sections()[0].sctp_port, 5001);
}

TEST(SdpDescription, GivesFeedbackForAllToAll) {
  const MediaSection video = section_of({"a=rtcp-fb:* nack", "a=rtcp-fb:96 ccm fir"});
  EXPECT_THAT(video.find_payload(PayloadType{96})->feedback, ElementsAre("nack", "ccm fir"));
  EXPECT_THAT(video.find_payload(PayloadType{97})->feedback, ElementsAre("nack"));
}

TEST(SdpDescription, NamesStaticPayloadTypes) {  // RFC 3551 §6
  const auto description =
      Description::parse(std::string{kSession} + "m=audio 9 RTP/SAVPF 0 8 9 111\r\n");
  ASSERT_TRUE(description);
  const auto& payloads = description->sections()[0].payloads;
  EXPECT_EQ(payloads[0].encoding, "PCMU");
  EXPECT_EQ(payloads[1].encoding, "PCMA");
  EXPECT_EQ(payloads[2].clock_rate_hz, 8000U);
  EXPECT_THAT(payloads[3].encoding, IsEmpty());
}

TEST(SdpDescription, TellsBundleOnlyFromRejected) {  // RFC 9143 §6
  const auto description = Description::parse(std::string{kSession} +
                                              "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=bundle-only\r\n" +
                                              "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n");
  ASSERT_TRUE(description);
  EXPECT_FALSE(description->sections()[0].is_rejected());
  EXPECT_TRUE(description->sections()[1].is_rejected());
}

TEST(SdpDescription, AddsCandidatesBehindTheOthersUntilTheSectionIsFull) {
  Description description = *Description::parse(video({"a=candidate:1 first", "a=mid:v"}));
  EXPECT_TRUE(description.add_candidate(0, "candidate:2 second"));
  description.end_candidates(0);
  description.end_candidates(0);
  EXPECT_EQ(description.serialize(), video({"a=candidate:1 first", "a=candidate:2 second",
                                            "a=mid:v", "a=end-of-candidates"}));
  EXPECT_EQ(*Description::parse(description.serialize()), description);
  EXPECT_FALSE(description.add_candidate(1, "candidate:3"));
  EXPECT_FALSE(description.add_candidate(0, "candidate:3\r\na=mid:0"));
  EXPECT_FALSE(description.add_candidate(0, "3"));
  EXPECT_FALSE(description.add_candidate(0, "candidate:" + std::string(kMaxLine, 'x')));
  while (description.sections()[0].candidates.size() < kMaxCandidatesPerSection) {
    ASSERT_TRUE(description.add_candidate(0, "candidate:n"));
  }
  EXPECT_FALSE(description.add_candidate(0, "candidate:n"));
  EXPECT_TRUE(Description::parse(description.serialize()));
}

TEST(SdpDescription, SaysWhichLineBreaksWhichRule) {
  const std::vector<std::pair<std::string, Reason>> cases = {
      {"x", Reason::NotALine},
      {"a mid:0", Reason::NotALine},
      {std::string{"a=x\0y", 5}, Reason::ControlCharacter},
      {"a=x\ry", Reason::ControlCharacter},
      {"v=0", Reason::UnknownType},
      {"a=mid:", Reason::BadMid},
      {"a=mid:a b", Reason::BadMid},
      {"a=rtpmap:96", Reason::BadRtpmap},
      {"a=rtpmap:128 VP8/90000", Reason::BadRtpmap},
      {"a=rtpmap:96 VP8/fast", Reason::BadRtpmap},
      {"a=rtpmap:96 VP8/99999999999", Reason::BadRtpmap},
      {"a=fmtp:x y", Reason::BadFmtp},
      {"a=rtcp-fb:96", Reason::BadFeedback},
      {"a=extmap:0 urn:x", Reason::BadExtmap},
      {"a=extmap:1/upwards urn:x", Reason::BadExtmap},
      {"a=extmap:1", Reason::BadExtmap},
      {"a=ice-ufrag:abc", Reason::BadIceCredentials},
      {"a=ice-ufrag:abc\"", Reason::BadIceCredentials},
      {"a=ice-ufrag:" + std::string(257, 'a'), Reason::BadIceCredentials},
      {"a=ice-pwd:" + std::string(21, 'a'), Reason::BadIceCredentials},
      {"a=fingerprint:sha-256 00:11", Reason::BadFingerprint},
      {"a=fingerprint:sha-256", Reason::BadFingerprint},
      {"a=fingerprint:sha-999 0:11", Reason::BadFingerprint},
      {"a=setup:maybe", Reason::BadSetup},
      {"a=msid:", Reason::BadMsid},
      {"a=msid:a b c", Reason::BadMsid},
      {"a=ssrc:4294967296 cname:x", Reason::BadSsrc},
      {"a=ssrc:1", Reason::BadSsrc},
      {"a=ssrc-group:FID -1", Reason::BadSsrc},
      {"a=rid:h up", Reason::BadRid},
      {"a=sctp-port:65536", Reason::BadSctp},
      {"a=max-message-size:-1", Reason::BadSctp},
  };
  for (const auto& [line, reason] : cases) {
    SCOPED_TRACE(line);
    EXPECT_EQ(error_of(video({"a=sendrecv", line})), (ParseError{.line = 7, .reason = reason}));
    EXPECT_FALSE(describe(reason).empty());
  }
}

TEST(SdpDescription, AsksForTheSessionsLinesInTheirOrder) {
  const std::vector<std::pair<std::string, ParseError>> cases = {
      {"", {0, Reason::MissingLine}},
      {"o=- 1 2 IN IP4 x\n", {1, Reason::MissingLine}},
      {"v=1\n", {1, Reason::BadVersion}},
      {"v=0\no=- 1 2 IN IP4\n", {2, Reason::BadOrigin}},
      {"v=0\no=- a 2 IN IP4 x\n", {2, Reason::BadOrigin}},
      {"v=0\no=- 1 99999999999999999999 IN IP4 x\n", {2, Reason::BadOrigin}},
      {"v=0\no=- 1 2 IN IP4 x\nt=0 0\n", {3, Reason::MissingLine}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\n", {3, Reason::MissingLine}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nm=audio 9 RTP/AVP 0\n", {4, Reason::MissingLine}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\na=x\nt=0 0\n", {4, Reason::MissingLine}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\nc=IN IP4 x\n", {5, Reason::WrongOrder}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\nv=0\n", {5, Reason::WrongOrder}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=now\n", {4, Reason::BadTiming}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\ny=1\n", {5, Reason::UnknownType}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\na=group:\n", {5, Reason::BadGroup}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\nm=audio 9\n", {5, Reason::BadMediaLine}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\nm=audio 9 RTP/AVP\n", {5, Reason::BadMediaLine}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\nm=audio 65536 RTP/AVP 0\n", {5, Reason::BadMediaLine}},
      {"v=0\no=- 1 2 IN IP4 x\ns=-\nt=0 0\nm=audio 9 RTP/AVP 0 x\n", {5, Reason::BadMediaLine}},
  };
  for (const auto& [text, error] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(error_of(text), error);
  }
}

// What strangers have sent, or could.

TEST(SdpHostile, RefusesALineOfAMegabyte) {
  EXPECT_EQ(error_of(video({"a=x:" + std::string(1 << 20, 'x')})).reason, Reason::TooLong);
  EXPECT_EQ(error_of(video({"a=x:" + std::string(kMaxLine, 'x')})),
            (ParseError{.line = 6, .reason = Reason::LineTooLong}));
  EXPECT_EQ(error_of(std::string(100'000, 'v')).reason, Reason::LineTooLong);
}

TEST(SdpHostile, RefusesCandidatesByTheThousand) {
  EXPECT_EQ(
      error_of(video(std::vector<std::string>(1000, "a=candidate:1 1 udp 1 ::1 1 typ host"))),
      (ParseError{.line = 6 + kMaxCandidatesPerSection, .reason = Reason::TooManyCandidates}));
}

TEST(SdpHostile, RefusesSectionsWithoutEnd) {
  std::string text{kSession};
  for (int i = 0; i < 5000; ++i) text += kVideo;
  EXPECT_EQ(error_of(text),
            (ParseError{.line = 5 + kMaxSections, .reason = Reason::TooManySections}));
}

TEST(SdpHostile, RefusesLinesWithoutEnd) {
  EXPECT_EQ(error_of(video(std::vector<std::string>(50'000, "a=x"))).reason, Reason::TooManyLines);
  std::string session{kSession};
  for (int i = 0; i < 50'000; ++i) session += "a=x\n";
  EXPECT_EQ(error_of(session).reason, Reason::TooManyLines);
}

TEST(SdpHostile, RefusesTheSameMidTwice) {
  const std::string text = video({"a=mid:0"}) + std::string{kVideo} + "a=mid:0\r\n";
  EXPECT_EQ(error_of(text), (ParseError{.line = 8, .reason = Reason::DuplicateMid}));
}

TEST(SdpHostile, RefusesAPayloadTypeUsedTwice) {
  EXPECT_EQ(error_of(std::string{kSession} + "m=video 9 RTP/SAVPF 96 96\r\n"),
            (ParseError{.line = 5, .reason = Reason::DuplicatePayloadType}));
  EXPECT_EQ(error_of(video({"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP9/90000"})),
            (ParseError{.line = 7, .reason = Reason::DuplicatePayloadType}));
}

TEST(SdpHostile, RefusesListsOfPayloadTypesWithoutEnd) {
  std::string line = "m=video 9 RTP/SAVPF";
  for (int i = 0; i < 2000; ++i) line += " 96";
  EXPECT_EQ(error_of(std::string{kSession} + line + "\r\n").reason, Reason::TooManyValues);
}

TEST(SdpHostile, RefusesANumberForTwoExtensions) {
  EXPECT_EQ(error_of(video({"a=extmap:1 urn:a", "a=extmap:1 urn:b"})).reason,
            Reason::DuplicateExtmap);
}

TEST(SdpHostile, RefusesFeedbackThatWouldBeKeptManyTimes) {
  EXPECT_EQ(error_of(video({"a=rtcp-fb:* " + std::string(8000, 'x')})),
            (ParseError{.line = 6, .reason = Reason::BadFeedback}));
}

TEST(SdpHostile, BoundsEveryKindOfValue) {
  const std::vector<std::string> forms = {"a=fingerprint:sha-999 00:1#",
                                          "a=msid:#",
                                          "a=ssrc:# cname:x",
                                          "a=ssrc-group:FID #",
                                          "a=rid:# send",
                                          "a=extmap:# urn:x",
                                          "a=rtcp-fb:* #",
                                          "a=ice-options:x#"};
  for (const std::string& form : forms) {
    SCOPED_TRACE(form);
    std::vector<std::string> lines;
    for (int i = 1; i <= 100; ++i) {
      std::string line = form;
      const bool is_hex = form.starts_with("a=fingerprint");
      line.replace(line.find('#'), 1, is_hex ? "0" : std::to_string(i));
      lines.push_back(line);
    }
    EXPECT_EQ(error_of(video(lines)).reason, Reason::TooManyValues);
  }
}

}  // namespace
}  // namespace duet::sdp
