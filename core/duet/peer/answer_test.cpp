// SPDX-License-Identifier: MIT
// Answers to what other programs offer.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
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

SessionDescription captured_offer(std::string_view name) {
  return {.type = SdpType::Offer, .sdp = read_capture(name)};
}

std::vector<int> payload_types(const sdp::MediaSection& section) {
  std::vector<int> out;
  for (const auto& format : section.payloads) out.push_back(format.payload_type.value());
  return out;
}

std::vector<int> extension_ids(const sdp::MediaSection& section) {
  std::vector<int> out;
  for (const auto& extension : section.extensions) out.push_back(extension.id);
  return out;
}

/// What `end` answers to a captured offer.
sdp::Description answer_to(End& end, std::string_view capture) {
  const auto set = end->set_remote_description(captured_offer(capture));
  EXPECT_TRUE(set) << set.error().message;
  const auto answered = end->set_local_description();
  EXPECT_TRUE(answered) << answered.error().message;
  EXPECT_EQ(end->signaling_state(), SignalingState::Stable);
  return end.local();
}

const Codec* find_codec(const std::vector<Codec>& codecs, std::string_view name) {
  const auto found = std::find_if(codecs.begin(), codecs.end(),
                                  [&](const Codec& codec) { return codec.name == name; });
  return found == codecs.end() ? nullptr : &*found;
}

TEST(PeerAnswer, AnswersChromiumVideoOfferWithRtxAndTransportCc) {
  End end{1};
  const sdp::Description answer = answer_to(end, "chromium-156-offer-with-candidates.sdp");
  ASSERT_THAT(answer.sections(), SizeIs(3));
  EXPECT_THAT(answer.groups()[0].mids, ElementsAre("0", "1", "2"));
  const sdp::MediaSection& video = answer.sections()[1];
  EXPECT_THAT(payload_types(video),
              ElementsAre(96, 97, 102, 103, 108, 109, 114, 115, 45, 46, 98, 99, 118, 119, 120));
  EXPECT_THAT(extension_ids(video), ElementsAre(14, 2, 13, 3, 4, 10, 11));
  EXPECT_THAT(video.payloads[0].feedback,
              ElementsAre("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"));
  EXPECT_EQ(video.direction, Direction::RecvOnly);
  EXPECT_EQ(video.transport.setup, sdp::Setup::Active);
  EXPECT_FALSE(video.transport.tls_id);
  EXPECT_TRUE(video.rtcp_mux && video.rtcp_rsize);

  ASSERT_THAT(end->transceivers(), SizeIs(2));
  const Transceiver& transceiver = end->transceivers()[1];
  EXPECT_EQ(transceiver.mid, "1");
  EXPECT_EQ(transceiver.current_direction, Direction::RecvOnly);
  EXPECT_EQ(transceiver.remote_track_id, "7f5f21f2-2eb5-4902-99b0-5890251f6b91");
  EXPECT_THAT(transceiver.remote_stream_ids, ElementsAre("3801665f-4457-463a-85a9-0160037ecd1e"));
  const RtpParameters& rtp = transceiver.parameters;
  EXPECT_THAT(rtp.remote, ElementsAre(SsrcPair{Ssrc{2856179196}, Ssrc{1084357498}}));
  EXPECT_EQ(rtp.remote_cname, "TOxf4wVYT0osz/i8");
  const Codec& vp8 = rtp.receive.front();
  EXPECT_EQ(vp8.name, "VP8");
  EXPECT_EQ(vp8.rtx, PayloadType{97});
  EXPECT_TRUE(vp8.has_feedback("transport-cc"));
  EXPECT_EQ(rtp.extension_id("urn:ietf:params:rtp-hdrext:sdes:mid"), 4);
  EXPECT_EQ(find_codec(rtp.send, "AV1")->payload_type, PayloadType{45});
  EXPECT_TRUE(rtp.reduced_size);
}

TEST(PeerAnswer, AnswersChromiumAudioWithRedAndTelephoneEvents) {
  End end{1};
  ASSERT_TRUE(end->add_track(MediaKind::Audio, "voice", {"stream"}));
  const sdp::Description answer = answer_to(end, "chromium-156-offer.sdp");
  const sdp::MediaSection& audio = answer.sections()[0];
  // Without G722 and comfort noise, which nobody here speaks.
  EXPECT_THAT(payload_types(audio), ElementsAre(111, 63, 0, 8, 110, 126));
  EXPECT_EQ(audio.payloads[1].fmtp, "111/111");
  EXPECT_EQ(audio.direction, Direction::SendRecv);
  EXPECT_EQ(audio.msids, (std::vector{sdp::Msid{"stream", "voice"}}));
  ASSERT_THAT(audio.sources, SizeIs(1));
  EXPECT_EQ(audio.sources[0].ssrc, end->transceivers()[0].parameters.local.ssrc);
}

/// A receiver of Chromium's shows no source that was gone from a description and came back.
TEST(PeerAnswer, NamesItsSourcesOnHoldToo) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera", {"s"}));
  ASSERT_TRUE(bob->add_track(MediaKind::Video, "camera", {"s"}));
  ASSERT_TRUE(negotiate(alice, bob));
  const auto sources = [&] { return bob.local().sections()[0].sources; };
  const auto before = sources();
  ASSERT_THAT(before, SizeIs(2));
  ASSERT_TRUE(alice->set_direction(alice->transceivers()[0].id, Direction::Inactive));
  ASSERT_TRUE(negotiate(alice, bob));
  EXPECT_EQ(bob.local().sections()[0].direction, Direction::Inactive);
  EXPECT_EQ(sources(), before);
  // Who has nothing to send names none.
  EXPECT_THAT(alice.local().sections()[0].sources, IsEmpty());
}

TEST(PeerAnswer, LearnsTheTransportOfAChromiumOffer) {
  End end{1};
  answer_to(end, "chromium-156-offer-with-candidates.sdp");
  const TransportParameters& transport = end->transport();
  EXPECT_EQ(transport.remote_ice, (IceParameters{"O1dQ", "g8HX2aTuT9dJVW7ncxkX1Sz2"}));
  EXPECT_TRUE(transport.remote_trickle);
  EXPECT_EQ(transport.controlling, false);
  EXPECT_EQ(transport.dtls_role, DtlsRole::Client);
  ASSERT_THAT(transport.remote_fingerprints, SizeIs(1));
  EXPECT_EQ(end->sctp()->remote_port, 5000);
  EXPECT_EQ(end->sctp()->max_message_size, 262144U);
  // The candidates of the section whose transport is taken, and those of no other.
  std::vector<std::string> candidates;
  for (const NegotiationEvent& event : end.events()) {
    if (const auto* candidate = std::get_if<RemoteCandidate>(&event)) {
      candidates.push_back(candidate->candidate);
    }
  }
  EXPECT_THAT(candidates,
              ElementsAre("candidate:1141920135 1 udp 2122194687 192.0.2.2 34888 typ host "
                          "generation 0 network-id 1",
                          "candidate:1130511671 1 udp 2122265343 fd00::2 35057 typ host "
                          "generation 0 network-id 2"));
}

TEST(PeerAnswer, AnswersFirefoxWithItsNumbersAndOneWayExtensions) {
  End end{1};
  const sdp::Description answer = answer_to(end, "firefox-153-offer-with-candidates.sdp");
  const sdp::MediaSection& video = answer.sections()[1];
  EXPECT_THAT(payload_types(video), ElementsAre(120, 124, 121, 125, 99, 100, 123, 122, 119));
  EXPECT_THAT(extension_ids(video), ElementsAre(3, 4, 5, 7));
  EXPECT_THAT(payload_types(answer.sections()[0]), ElementsAre(109, 0, 8, 101));
  EXPECT_THAT(extension_ids(answer.sections()[0]), ElementsAre(1, 3, 7));
  EXPECT_FALSE(answer.sections()[0].rtcp_rsize);  // not offered for audio
  std::size_t ends = 0;
  for (const NegotiationEvent& event : end.events()) {
    const auto* candidate = std::get_if<RemoteCandidate>(&event);
    if (candidate != nullptr && candidate->candidate.empty()) ++ends;
  }
  EXPECT_EQ(ends, 1U);
  EXPECT_EQ(end->sctp()->max_message_size, 1073741823U);
}

TEST(PeerAnswer, AnswersGstreamerWithoutExtensionsOrRtx) {
  End end{1};
  ASSERT_TRUE(end->add_track(MediaKind::Video, "camera", {"s"}));
  const sdp::Description answer = answer_to(end, "gstreamer-1.22-vp8-offer.sdp");
  const sdp::MediaSection& video = answer.sections()[0];
  EXPECT_EQ(video.mid, "video0");
  EXPECT_THAT(payload_types(video), ElementsAre(96));
  EXPECT_THAT(video.extensions, IsEmpty());
  EXPECT_THAT(video.sources, SizeIs(1));
  EXPECT_THAT(video.source_groups, IsEmpty());
  EXPECT_EQ(end->transceivers()[0].remote_track_id, "webrtctransceiver0");
}

TEST(PeerAnswer, AnswersAnOlderLibwebrtc) {
  End end{1};
  const sdp::Description answer = answer_to(end, "roamhq-wrtc-offer.sdp");
  EXPECT_THAT(payload_types(answer.sections()[0]), ElementsAre(111, 63, 0, 8, 110, 126));
  EXPECT_THAT(payload_types(answer.sections()[1]),
              ElementsAre(96, 97, 39, 40, 98, 99, 125, 124, 127));
}

TEST(PeerAnswer, TakesOneLayerWhereSimulcastIsOffered) {  // RFC 8853 §5.3.2
  for (const auto* name : {"chromium-156-simulcast-offer.sdp", "firefox-153-simulcast-offer.sdp"}) {
    SCOPED_TRACE(name);
    End end{1};
    const sdp::Description answer = answer_to(end, name);
    const sdp::MediaSection& video = answer.sections()[0];
    EXPECT_FALSE(video.is_rejected());
    EXPECT_FALSE(video.simulcast);
    EXPECT_THAT(video.rids, IsEmpty());
    EXPECT_EQ(video.direction, Direction::RecvOnly);
  }
}

TEST(PeerAnswer, RefusesWhatItCannotCarryAndKeepsTheRest) {
  End end{1};
  std::string offer = read_capture("chromium-156-offer.sdp");
  offer.replace(offer.find("BUNDLE 0 1 2"), 12, "BUNDLE 0 2");
  ASSERT_TRUE(end->set_remote_description({.type = SdpType::Offer, .sdp = offer}));
  ASSERT_TRUE(end->set_local_description());
  const sdp::Description answer = end.local();
  EXPECT_FALSE(answer.sections()[0].is_rejected());
  EXPECT_TRUE(answer.sections()[1].is_rejected());
  EXPECT_FALSE(answer.sections()[2].is_rejected());
  EXPECT_THAT(answer.groups()[0].mids, ElementsAre("0", "2"));
  EXPECT_THAT(end->transceivers(), SizeIs(1));
}

TEST(PeerAnswer, TakesTheNextTransportWhereTheFirstSectionHasNoKnownCodec) {  // RFC 9143 §7.3.1
  End end{1,
          {.capabilities = {.video = default_capabilities().video},
           .fingerprints = test_settings('A').fingerprints}};
  const sdp::Description answer = answer_to(end, "chromium-156-offer-with-candidates.sdp");
  EXPECT_TRUE(answer.sections()[0].is_rejected());
  EXPECT_THAT(answer.groups()[0].mids, ElementsAre("1", "2"));
  std::vector<std::string> ports;
  for (const NegotiationEvent& event : end.events()) {
    const auto* candidate = std::get_if<RemoteCandidate>(&event);
    if (candidate != nullptr) ports.push_back(candidate->candidate.substr(0, 20));
  }
  EXPECT_THAT(ports, ElementsAre("candidate:1141920135", "candidate:1130511671"));
}

TEST(PeerAnswer, KeepsToTheOrderOfItsPreferences) {
  End end{1};
  const auto id = end->add_track(MediaKind::Video, "camera");
  const auto& codecs = default_capabilities().video.codecs;
  const auto named = [&](std::string_view name) {
    return *std::find_if(codecs.begin(), codecs.end(),
                         [&](const CodecCapability& codec) { return codec.name == name; });
  };
  ASSERT_TRUE(end->set_codec_preferences(*id, {named("VP9"), named("VP8"), named("rtx")}));
  const sdp::Description answer = answer_to(end, "chromium-156-offer.sdp");
  EXPECT_THAT(payload_types(answer.sections()[1]), ElementsAre(98, 96, 97, 99));
  // What is sent is what the other end would rather have (RFC 3264 §6.1).
  ASSERT_TRUE(end->set_local_description());
  const auto agreed = std::ranges::find(end->transceivers(), *id, &Transceiver::id)->parameters;
  EXPECT_EQ(agreed.send.front().name, "VP8");
  EXPECT_EQ(agreed.receive.front().name, "VP9");
}

TEST(PeerAnswer, AnswersTheOlderFormOfDataChannels) {
  End end{1};
  std::string offer = read_capture("chromium-156-offer.sdp");
  offer.replace(offer.find("UDP/DTLS/SCTP webrtc-datachannel"), 32, "DTLS/SCTP 5000");
  offer.replace(offer.find("a=sctp-port:5000"), 16, "a=sctpmap:5000 webrtc-datachannel 1024");
  offer.erase(offer.find("a=max-message-size"));
  ASSERT_TRUE(end->set_remote_description({.type = SdpType::Offer, .sdp = offer}));
  ASSERT_TRUE(end->set_local_description());
  const sdp::Description answer = end.local();
  EXPECT_EQ(answer.sections()[2].protocol, "DTLS/SCTP");
  EXPECT_EQ(answer.sections()[2].formats.front(), "5000");
  EXPECT_EQ(end->sctp()->max_message_size, 65536U);  // RFC 8841 §6
}

TEST(PeerAnswer, TakesOneSectionOfDataChannels) {  // RFC 8831 §6.2
  End end{1};
  std::string offer = read_capture("chromium-156-offer.sdp");
  std::string data = offer.substr(offer.find("m=application"));
  data.replace(data.find("a=mid:2"), 7, "a=mid:3");
  offer.replace(offer.find("BUNDLE 0 1 2"), 12, "BUNDLE 0 1 2 3");
  ASSERT_TRUE(end->set_remote_description({.type = SdpType::Offer, .sdp = offer + data}));
  ASSERT_TRUE(end->set_local_description());
  const sdp::Description answer = end.local();
  EXPECT_FALSE(answer.sections()[2].is_rejected());
  EXPECT_TRUE(answer.sections()[3].is_rejected());
  EXPECT_EQ(end->sctp()->mid, "2");
}

TEST(PeerAnswer, IsPassiveToWhoInsistsOnBeingActive) {  // RFC 8842 §5.3
  End end{1};
  std::string offer = read_capture("gstreamer-1.22-vp8-offer.sdp");
  offer.replace(offer.find("actpass"), 7, "active");
  ASSERT_TRUE(end->set_remote_description({.type = SdpType::Offer, .sdp = offer}));
  ASSERT_TRUE(end->set_local_description());
  EXPECT_EQ(end.local().sections()[0].transport.setup, sdp::Setup::Passive);
  EXPECT_EQ(end->transport().dtls_role, DtlsRole::Server);
}

TEST(PeerAnswer, KeepsItsRoleWhileOneCertificateIsNamedAgain) {  // RFC 8842 §5.5
  End end{1};
  std::string offer = read_capture("gstreamer-1.22-vp8-offer.sdp");
  offer.replace(offer.find("actpass"), 7, "active");
  ASSERT_TRUE(end->set_remote_description({.type = SdpType::Offer, .sdp = offer}));
  ASSERT_TRUE(end->set_local_description());
  offer.replace(offer.find("a=setup:active"), 14, "a=setup:actpass");
  const std::size_t named = offer.find("a=fingerprint:");
  std::string another = offer.substr(named, offer.find("\r\n", named) + 2 - named);
  another.replace(another.find(' ') + 1, 2,
                  another.substr(another.find(' ') + 1, 2) == "00" ? "01" : "00");
  offer.insert(named, another);
  ASSERT_TRUE(end->set_remote_description({.type = SdpType::Offer, .sdp = offer}));
  ASSERT_TRUE(end->set_local_description());
  EXPECT_EQ(end.local().sections()[0].transport.setup, sdp::Setup::Passive);
  EXPECT_EQ(end->transport().dtls_role, DtlsRole::Server);
}

TEST(PeerAnswer, AnswersH264WithTheLowerLevelUnlessLevelsMayDiffer) {  // RFC 6184 §8.2.2
  for (const bool asymmetric : {false, true}) {
    End end{1};
    std::string offer = read_capture("gstreamer-1.22-vp8-offer.sdp");
    const std::string fmtp =
        std::string{"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;"} +
        "profile-level-id=42c00b" + (asymmetric ? ";level-asymmetry-allowed=1" : "");
    offer.replace(offer.find("a=rtpmap:96 VP8/90000"), 21, fmtp);
    ASSERT_TRUE(end->set_remote_description({.type = SdpType::Offer, .sdp = offer}));
    ASSERT_TRUE(end->set_local_description());
    EXPECT_EQ(end.local().sections()[0].payloads[0].parameter("profile-level-id"),
              asymmetric ? "42c01f" : "42c00b");
  }
}

}  // namespace
}  // namespace duet::peer
