// SPDX-License-Identifier: MIT
// Offers of ours: what they say, and what browsers answer to them.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace duet::peer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string read_capture(std::string_view name) {
  std::ifstream in{std::string{DUET_CAPTURES "/sdp/"} + std::string{name}, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// An end that offers audio, video and data, as the captured answers were asked with.
void offer_call(End& end) {
  ASSERT_TRUE(end->add_track(MediaKind::Audio, "voice", {"s"}));
  ASSERT_TRUE(end->add_track(MediaKind::Video, "camera", {"s"}));
  ASSERT_TRUE(end->add_data_channels());
  ASSERT_TRUE(end->set_local_description());
}

std::vector<std::string> names(const std::vector<Codec>& codecs) {
  std::vector<std::string> out;
  for (const Codec& codec : codecs) out.push_back(codec.name);
  return out;
}

TEST(PeerOffer, SaysWhatJsepAsksFor) {  // RFC 9429 §5.2.1
  End end{1};
  offer_call(end);
  const sdp::Description offer = end.local();
  EXPECT_THAT(offer.groups(), ElementsAre(sdp::Group{"BUNDLE", {"0", "1", "2"}}));
  for (const sdp::MediaSection& section : offer.sections()) {
    EXPECT_EQ(section.port, 9);
    EXPECT_EQ(section.transport.setup, sdp::Setup::Actpass);
    EXPECT_EQ(section.transport.fingerprints, test_settings('B').fingerprints);
    EXPECT_TRUE(section.transport.has_ice_option("trickle"));
    EXPECT_TRUE(section.transport.has_ice_option("ice2"));
    EXPECT_GE(section.transport.tls_id->size(), 20U);
    EXPECT_EQ(section.transport.ice_ufrag, end->transport().local_ice->ufrag);
    EXPECT_EQ(section.rtcp_mux, section.is_rtp());
  }
  const sdp::MediaSection& video = offer.sections()[1];
  EXPECT_EQ(video.msids, (std::vector{sdp::Msid{"s", "camera"}}));
  ASSERT_THAT(video.source_groups, SizeIs(1));
  EXPECT_EQ(video.source_groups[0].semantics, "FID");
  EXPECT_EQ(video.find_payload(video.payloads[1].payload_type)->parameter("apt"),
            std::to_string(video.payloads[0].payload_type.value()));
}

TEST(PeerOffer, GivesEveryNumberOneMeaningInAllSections) {  // RFC 9143 §9.1
  End end{1};
  offer_call(end);
  std::map<PayloadType, std::size_t> payload_types;
  std::map<std::uint16_t, std::string> extensions;
  std::size_t index = 0;
  const sdp::Description offer = end.local();
  for (const sdp::MediaSection& section : offer.sections()) {
    for (const auto& format : section.payloads) {
      EXPECT_TRUE(payload_types.emplace(format.payload_type, index).second);
      const int number = format.payload_type.value();
      EXPECT_TRUE(number < 64 || number >= 96) << number;  // RFC 5761 §4
    }
    for (const auto& extension : section.extensions) {
      EXPECT_EQ(extensions.emplace(extension.id, extension.uri).first->second, extension.uri);
      EXPECT_LE(extension.id, 14);
    }
    ++index;
  }
}

TEST(PeerOffer, DrawsFromItsRandomnessAlone) {
  const auto offered = [](std::uint64_t seed) {
    End end{seed};
    offer_call(end);
    return end->local_description()->sdp;
  };
  EXPECT_EQ(offered(1), offered(1));
  EXPECT_NE(offered(1), offered(3));
}

TEST(PeerOffer, IsAnsweredByChromium) {
  End end{1};
  offer_call(end);
  const auto set = end->set_remote_description(
      {.type = SdpType::Answer, .sdp = read_capture("chromium-156-answer-to-duet.sdp")});
  ASSERT_TRUE(set) << set.error().message;
  const RtpParameters& audio = end->transceivers()[0].parameters;
  EXPECT_THAT(names(audio.send),
              ElementsAre("opus", "red", "PCMU", "PCMA", "telephone-event", "telephone-event"));
  const RtpParameters& video = end->transceivers()[1].parameters;
  EXPECT_THAT(names(video.send),
              ElementsAre("VP8", "VP9", "H264", "H264", "H264", "AV1", "red", "ulpfec"));
  EXPECT_TRUE(std::all_of(video.send.begin(), video.send.end() - 1,
                          [](const Codec& codec) { return codec.rtx.has_value(); }));
  EXPECT_THAT(video.extensions, SizeIs(7));
  EXPECT_TRUE(video.reduced_size);
  EXPECT_EQ(end->transport().dtls_role, DtlsRole::Server);
  EXPECT_EQ(end->sctp()->max_message_size, 262144U);
}

TEST(PeerOffer, IsAnsweredByFirefox) {
  End end{1};
  offer_call(end);
  const auto set = end->set_remote_description(
      {.type = SdpType::Answer, .sdp = read_capture("firefox-153-answer-to-duet.sdp")});
  ASSERT_TRUE(set) << set.error().message;
  const RtpParameters& video = end->transceivers()[1].parameters;
  EXPECT_THAT(names(video.send), ElementsAre("VP8", "VP9", "AV1", "red", "ulpfec"));
  EXPECT_EQ(video.send[0].rtx, video.receive[0].rtx);
  EXPECT_EQ(video.send[0].fmtp, "max-fs=12288;max-fr=60");  // what Firefox asks for
  EXPECT_THAT(video.receive[0].fmtp, IsEmpty());            // what we ask for
  EXPECT_TRUE(end->sctp());
}

// Firefox 153 keeps our numbers for sound, and offers pictures later with these of its own.
TEST(PeerOffer, OfSoundLeavesTheNumbersOfFirefoxsPicturesFree) {  // RFC 9143 §9.1
  End end{1};
  ASSERT_TRUE(end->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(end->set_local_description());
  const sdp::Description offer = end.local();
  for (const int number :
       {97, 98, 99, 100, 103, 104, 105, 106, 119, 120, 121, 122, 123, 124, 125, 126, 127}) {
    const PayloadType type{static_cast<std::uint8_t>(number)};
    EXPECT_EQ(offer.sections()[0].find_payload(type), nullptr) << number;
  }
}

// The other way round: what Firefox calls the sound that it adds to a call of pictures.
TEST(PeerOffer, OfPicturesLeavesTheNumbersOfFirefoxsSoundFree) {  // RFC 9143 §9.1
  End end{1};
  ASSERT_TRUE(end->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(end->set_local_description());
  const sdp::Description offer = end.local();
  const auto firefox = sdp::Description::parse(read_capture("firefox-153-offer.sdp"));
  ASSERT_EQ(firefox->sections()[0].kind, MediaKind::Audio);
  for (const sdp::PayloadFormat& format : firefox->sections()[0].payloads) {
    EXPECT_EQ(offer.sections()[0].find_payload(format.payload_type), nullptr) << format.encoding;
  }
  // And ours keeps the numbers that it always has.
  ASSERT_TRUE(end->set_local_description({.type = SdpType::Rollback}));
  ASSERT_TRUE(end->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(end->set_local_description());
  EXPECT_EQ(end.local().sections()[1].find_payload(PayloadType{111})->encoding, "opus");
}

TEST(PeerOffer, KeepsTheNumbersThatThePeerChoseFirst) {  // RFC 3264 §8.3.2
  End end{1};
  ASSERT_TRUE(end->set_remote_description(
      {.type = SdpType::Offer, .sdp = read_capture("firefox-153-offer.sdp")}));
  ASSERT_TRUE(end->set_local_description());
  ASSERT_TRUE(end->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(end->set_local_description());
  const sdp::Description offer = end.local();
  const sdp::MediaSection& video = offer.sections()[1];
  EXPECT_EQ(video.find_payload(PayloadType{120})->encoding, "VP8");
  EXPECT_EQ(video.find_payload(PayloadType{124})->parameter("apt"), "120");
  EXPECT_EQ(video.find_payload(PayloadType{121})->encoding, "VP9");
  EXPECT_EQ(video.find_payload(PayloadType{99})->encoding, "AV1");
  for (const sdp::Extmap& extension : video.extensions) {
    if (extension.uri == "urn:ietf:params:rtp-hdrext:sdes:mid") {
      EXPECT_EQ(extension.id, 3);
    }
  }
  // H264, which Firefox didn't have, got numbers that mean nothing else.
  std::set<int> numbers;
  for (const auto& section : offer.sections()) {
    for (const auto& format : section.payloads) {
      EXPECT_TRUE(numbers.insert(format.payload_type.value()).second);
    }
  }
}

TEST(PeerOffer, RefusesCapabilitiesThatDoNotFitALine) {
  NegotiationSettings settings = test_settings('A');
  settings.capabilities.video.codecs[0].fmtp = "a=b\r\nm=audio 9 X 0";
  End end{1, settings};
  ASSERT_TRUE(end->add_transceiver(MediaKind::Video));
  const auto offer = end->create_offer();
  ASSERT_FALSE(offer);
  EXPECT_EQ(offer.error().name, Error::Name::OperationError);
}

}  // namespace
}  // namespace duet::peer
