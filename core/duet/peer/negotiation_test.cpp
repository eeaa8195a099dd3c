// SPDX-License-Identifier: MIT
// The states of a negotiation, between two ends of our own.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace duet::peer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Name = Error::Name;

std::optional<Name> name_of(const Result<void, Error>& result) {
  return result ? std::nullopt : std::optional{result.error().name};
}

SessionDescription offer_of(End& end) { return *end->create_offer(); }

TEST(PeerNegotiation, EndsStableWithMirroredDirectionsAndTheSameCodecs) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice", {"s"}));
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera", {"s"}));
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(bob->add_track(MediaKind::Video, "screen", {"t"}));
  ASSERT_TRUE(negotiate(alice, bob));
  ASSERT_THAT(alice->transceivers(), SizeIs(2));
  ASSERT_THAT(bob->transceivers(), SizeIs(2));
  const Transceiver& sent = alice->transceivers()[1];
  const Transceiver& received = bob->transceivers()[0];
  EXPECT_EQ(sent.kind, MediaKind::Video);
  EXPECT_EQ(sent.mid, received.mid);
  EXPECT_EQ(sent.current_direction, Direction::SendRecv);
  EXPECT_EQ(received.current_direction, Direction::SendRecv);
  EXPECT_EQ(sent.remote_track_id, "screen");
  EXPECT_EQ(received.remote_track_id, "camera");
  EXPECT_THAT(received.remote_stream_ids, ElementsAre("s"));
  EXPECT_EQ(sent.parameters.send, received.parameters.receive);
  EXPECT_EQ(sent.parameters.receive, received.parameters.send);
  EXPECT_EQ(sent.parameters.extensions, received.parameters.extensions);
  EXPECT_THAT(received.parameters.remote, ElementsAre(sent.parameters.local));
  EXPECT_EQ(received.parameters.remote_cname, sent.parameters.cname);
  EXPECT_EQ(alice->transceivers()[0].current_direction, Direction::SendOnly);
  EXPECT_EQ(alice->sctp()->mid, bob->sctp()->mid);
}

TEST(PeerNegotiation, TellsBothEndsOfOneTransport) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(negotiate(alice, bob));
  EXPECT_EQ(alice->transport().local_ice, bob->transport().remote_ice);
  EXPECT_EQ(alice->transport().remote_ice, bob->transport().local_ice);
  EXPECT_EQ(alice->transport().controlling, true);
  EXPECT_EQ(bob->transport().controlling, false);
  EXPECT_EQ(alice->transport().dtls_role, DtlsRole::Server);
  EXPECT_EQ(bob->transport().dtls_role, DtlsRole::Client);
  EXPECT_EQ(alice->transport().remote_fingerprints, test_settings('A').fingerprints);
  EXPECT_TRUE(alice->transport().remote_trickle);
  EXPECT_EQ(alice->sctp()->max_message_size, 262144U);
}

TEST(PeerNegotiation, GathersFromTheOfferOnAndChecksFromTheAnswerOn) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_data_channels());
  alice.events();
  ASSERT_TRUE(alice->set_local_description());
  EXPECT_TRUE(alice->transport().local_ice);
  EXPECT_EQ(alice.count_events<TransportChanged>(), 1U);
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  EXPECT_FALSE(bob->transport().remote_ice);
  ASSERT_TRUE(bob->set_local_description());
  EXPECT_TRUE(bob->transport().remote_ice && bob->transport().local_ice);
}

TEST(PeerNegotiation, KeepsMidsPayloadTypesAndSsrcsWhenItIsRepeated) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(negotiate(alice, bob));
  const Transceiver before = alice->transceivers()[0];
  const TransportParameters transport = alice->transport();
  ASSERT_TRUE(bob->add_track(MediaKind::Audio, "voice"));
  alice.events();
  ASSERT_TRUE(negotiate(bob, alice));
  EXPECT_EQ(alice->transceivers()[0].mid, before.mid);
  EXPECT_EQ(alice->transceivers()[0].parameters, before.parameters);
  EXPECT_EQ(alice->transport(), transport);
  EXPECT_EQ(alice.count_events<TransportChanged>(), 0U);
}

TEST(PeerNegotiation, GivesEachNewDescriptionAHigherVersion) {
  End alice{1};
  ASSERT_TRUE(alice->add_data_channels());
  const auto first = sdp::Description::parse(offer_of(alice).sdp)->origin();
  const auto second = sdp::Description::parse(offer_of(alice).sdp)->origin();
  EXPECT_EQ(first.session_id, second.session_id);
  EXPECT_LT(first.version, second.version);
}

TEST(PeerNegotiation, AsksForOneNegotiationAtATime) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(alice->add_data_channels());
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 1U);
  ASSERT_TRUE(negotiate(alice, bob));
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 0U);
  EXPECT_EQ(bob.count_events<NegotiationNeeded>(), 0U);
  // What happens in between is asked for at the end.
  ASSERT_TRUE(alice->set_direction(alice->transceivers()[0].id, Direction::Inactive));
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 1U);
  ASSERT_TRUE(alice->set_local_description());
  ASSERT_TRUE(alice->add_transceiver(MediaKind::Audio));
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 0U);
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  ASSERT_TRUE(bob->set_local_description());
  ASSERT_TRUE(alice->set_remote_description(*bob->local_description()));
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 1U);
}

TEST(PeerNegotiation, ForgetsTheWishForANegotiationThatHasBegun) {
  End alice{1};
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(alice->set_local_description());
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 0U);
}

TEST(PeerNegotiation, NoticesEveryChangeThatThePeerMustHearOf) {
  End alice{1};
  End bob{2};
  const auto id =
      alice->add_transceiver(MediaKind::Video, {.track_id = "camera", .stream_ids = {"s"}});
  ASSERT_TRUE(bob->add_track(MediaKind::Video, "screen"));
  ASSERT_TRUE(negotiate(alice, bob));
  alice.events();
  bob.events();
  ASSERT_TRUE(alice->replace_track(*id, "other"));
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 0U);  // that one it needn't
  ASSERT_TRUE(alice->set_streams(*id, {"s", "t"}));
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 1U);
  ASSERT_TRUE(negotiate(alice, bob));
  EXPECT_THAT(bob->transceivers()[0].remote_stream_ids, ElementsAre("s", "t"));
  ASSERT_TRUE(bob->remove_track(bob->transceivers()[0].id));
  EXPECT_EQ(bob.count_events<NegotiationNeeded>(), 1U);
  ASSERT_TRUE(negotiate(bob, alice));
  EXPECT_EQ(alice->transceivers()[0].current_direction, Direction::SendOnly);
  EXPECT_EQ(alice.count_events<TrackRemoved>(), 1U);
  alice->restart_ice();
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 1U);
  ASSERT_TRUE(alice->stop(*id));
  ASSERT_TRUE(negotiate(alice, bob));
  EXPECT_EQ(alice.count_events<NegotiationNeeded>(), 0U);
}

TEST(PeerNegotiation, RollsBackToWhatWasNegotiated) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(negotiate(alice, bob));
  const auto local = alice->local_description();
  const TransportParameters transport = alice->transport();
  const auto added = alice->add_transceiver(MediaKind::Audio);
  alice->restart_ice();
  ASSERT_TRUE(alice->set_local_description());
  EXPECT_NE(alice->transport(), transport);
  EXPECT_TRUE(alice->find(*added)->mid);
  alice.events();
  ASSERT_TRUE(alice->set_local_description({.type = SdpType::Rollback, .sdp = {}}));
  EXPECT_EQ(alice->signaling_state(), SignalingState::Stable);
  EXPECT_EQ(alice->transport(), transport);
  EXPECT_EQ(alice->local_description(), local);
  EXPECT_FALSE(alice->find(*added)->mid);
  const auto events = alice.events();
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const NegotiationEvent& event) {
    return std::holds_alternative<NegotiationNeeded>(event);
  }));
  ASSERT_TRUE(negotiate(alice, bob));
}

TEST(PeerNegotiation, RemovesWhatARolledBackOfferOfThePeerHadMade) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(alice->set_local_description());
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  ASSERT_THAT(bob->transceivers(), SizeIs(2));
  ASSERT_TRUE(bob->add_track(MediaKind::Video, "screen"));  // takes the second one over
  bob.events();
  ASSERT_TRUE(bob->set_remote_description({.type = SdpType::Rollback, .sdp = {}}));
  ASSERT_THAT(bob->transceivers(), SizeIs(1));
  EXPECT_EQ(bob->transceivers()[0].track_id, "screen");
  EXPECT_FALSE(bob->transceivers()[0].receiving);
  EXPECT_FALSE(bob->transport().controlling);
  EXPECT_EQ(bob.count_events<TransceiverRemoved>(), 1U);
}

TEST(PeerNegotiation, LetsThePoliteOneGiveWayInAGlare) {
  End polite{1};
  End impolite{2};
  ASSERT_TRUE(polite->add_track(MediaKind::Audio, "one"));
  ASSERT_TRUE(impolite->add_track(MediaKind::Audio, "two"));
  ASSERT_TRUE(polite->set_local_description());
  ASSERT_TRUE(impolite->set_local_description());
  ASSERT_TRUE(polite->set_remote_description(*impolite->local_description()));
  EXPECT_EQ(polite->signaling_state(), SignalingState::HaveRemoteOffer);
  EXPECT_EQ(polite->transport().controlling, false);
  ASSERT_TRUE(polite->set_local_description());
  ASSERT_TRUE(impolite->set_remote_description(*polite->local_description()));
  ASSERT_THAT(polite->transceivers(), SizeIs(1));
  ASSERT_THAT(impolite->transceivers(), SizeIs(1));
  EXPECT_EQ(polite->transceivers()[0].current_direction, Direction::SendRecv);
  EXPECT_EQ(polite->transceivers()[0].mid, impolite->transceivers()[0].mid);
}

TEST(PeerNegotiation, TakesAProvisionalAnswerAndThenTheRealOne) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(alice->set_local_description());
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  SessionDescription answer = *bob->create_answer();
  answer.type = SdpType::Pranswer;
  ASSERT_TRUE(bob->set_local_description(answer));
  EXPECT_EQ(bob->signaling_state(), SignalingState::HaveLocalPranswer);
  EXPECT_TRUE(bob->transport().remote_ice);
  ASSERT_TRUE(alice->set_remote_description(answer));
  EXPECT_EQ(alice->signaling_state(), SignalingState::HaveRemotePranswer);
  EXPECT_EQ(alice->transceivers()[0].current_direction, Direction::SendOnly);
  EXPECT_EQ(name_of(alice->set_remote_description({.type = SdpType::Rollback, .sdp = {}})),
            Name::InvalidStateError);
  const TransportParameters transport = bob->transport();
  ASSERT_TRUE(bob->add_track(MediaKind::Video, "screen"));
  ASSERT_TRUE(bob->set_local_description());
  ASSERT_TRUE(alice->set_remote_description(*bob->local_description()));
  EXPECT_EQ(bob->transport(), transport);
  EXPECT_EQ(alice->signaling_state(), SignalingState::Stable);
  EXPECT_EQ(alice->transceivers()[0].current_direction, Direction::SendRecv);
}

TEST(PeerNegotiation, RecyclesThePlaceOfAStoppedTransceiver) {  // RFC 9429 §5.2.2
  End alice{1};
  End bob{2};
  const auto audio = alice->add_track(MediaKind::Audio, "voice");
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(negotiate(alice, bob));
  const auto old_mid = alice->find(*audio)->mid;
  ASSERT_TRUE(alice->stop(*audio));
  ASSERT_TRUE(negotiate(alice, bob));
  EXPECT_EQ(alice->find(*audio), nullptr);
  EXPECT_THAT(bob->transceivers(), SizeIs(1));
  EXPECT_TRUE(alice.local().sections()[0].is_rejected());
  // It may come back as another kind, with another mid; from the other end too.
  ASSERT_TRUE(bob->add_track(MediaKind::Video, "screen", {"t"}));
  ASSERT_TRUE(bob->add_transceiver(MediaKind::Video));
  ASSERT_TRUE(negotiate(bob, alice));
  ASSERT_THAT(bob.local().sections(), SizeIs(2));
  EXPECT_EQ(bob.local().sections()[0].kind, MediaKind::Video);
  EXPECT_NE(bob.local().sections()[0].mid, old_mid);
  EXPECT_THAT(alice->transceivers(), SizeIs(2));
}

TEST(PeerNegotiation, RestartsIceFromEitherEnd) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(negotiate(alice, bob));
  const TransportParameters first = alice->transport();
  const auto offer = alice->create_offer({.ice_restart = true});
  ASSERT_TRUE(alice->set_local_description(*offer));
  EXPECT_NE(alice->transport().local_ice, first.local_ice);
  EXPECT_EQ(alice->transport().remote_ice, first.remote_ice);
  ASSERT_TRUE(bob->set_remote_description(*offer));
  EXPECT_EQ(bob->transport().remote_ice, first.local_ice);  // until it is answered
  ASSERT_TRUE(bob->set_local_description());
  ASSERT_TRUE(alice->set_remote_description(*bob->local_description()));
  EXPECT_NE(alice->transport().remote_ice, first.remote_ice);
  EXPECT_EQ(alice->transport().dtls_role, first.dtls_role);
  EXPECT_EQ(alice->transport().controlling, true);
  const TransportParameters second = alice->transport();
  bob->restart_ice();
  ASSERT_TRUE(negotiate(bob, alice));
  EXPECT_NE(alice->transport().remote_ice, second.remote_ice);
  EXPECT_NE(alice->transport().local_ice, second.local_ice);
  EXPECT_EQ(alice->transport().dtls_role, first.dtls_role);
  EXPECT_EQ(bob.count_events<NegotiationNeeded>(), 0U);
}

TEST(PeerNegotiation, CarriesCandidatesBothWays) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(alice->set_local_description());
  const std::string ufrag = alice->transport().local_ice->ufrag;
  const auto early = alice->add_local_candidate(ufrag, "candidate:1 1 udp 1 192.0.2.1 1 typ host");
  ASSERT_TRUE(early);
  EXPECT_EQ(early->sdp_mid, "0");
  EXPECT_EQ(early->sdp_mline_index, 0);
  EXPECT_EQ(early->username_fragment, ufrag);
  EXPECT_THAT(alice.local().sections()[0].candidates, SizeIs(1));
  EXPECT_FALSE(alice->add_local_candidate("other", "candidate:1"));
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  const auto late = alice->add_local_candidate(ufrag, "candidate:2 1 udp 1 192.0.2.1 2 typ host");
  ASSERT_TRUE(bob->add_ice_candidate(*late));
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), 0U);  // no local credentials yet
  ASSERT_TRUE(bob->set_local_description());
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), 2U);
  ASSERT_TRUE(bob->add_ice_candidate(*late));
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), 0U);  // once is enough
  ASSERT_TRUE(bob->add_ice_candidate(*alice->add_local_candidate(ufrag, "")));
  const auto events = bob.events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(std::get<RemoteCandidate>(events[0]).candidate, IsEmpty());
  EXPECT_TRUE(
      sdp::Description::parse(bob->remote_description()->sdp)->sections()[0].end_of_candidates);
  // A later offer tells them again, to who has just come.
  ASSERT_TRUE(alice->set_remote_description(*bob->local_description()));
  EXPECT_THAT(sdp::Description::parse(offer_of(alice).sdp)->sections()[0].candidates, SizeIs(2));
}

/// Bob refuses the audio section that gave Alice's offer its transport, and takes the channel.
void answer_without_audio(End& bob, const SessionDescription& offer) {
  ASSERT_TRUE(bob->set_remote_description(offer));
  ASSERT_TRUE(bob->stop(bob->transceivers()[0].id));
  ASSERT_TRUE(bob->set_local_description());
  ASSERT_TRUE(bob.local().sections()[0].is_rejected());
  ASSERT_FALSE(bob.local().sections()[1].is_rejected());
}

TEST(PeerNegotiation, TellsCandidatesAgainForTheSectionThatTheAnswerChose) {  // RFC 9143 §7.3.1
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(alice->set_local_description());
  const std::string ufrag = alice->transport().local_ice->ufrag;
  const auto early = alice->add_local_candidate(ufrag, "candidate:1 1 udp 1 192.0.2.1 1 typ host");
  answer_without_audio(bob, *alice->local_description());
  ASSERT_TRUE(bob->add_ice_candidate(*early));
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), 0U)
      << "of a transport that is gone, for all it knows";
  alice.events();
  ASSERT_TRUE(alice->set_remote_description(*bob->local_description()));
  std::vector<IceCandidateInit> told;
  for (const NegotiationEvent& event : alice.events()) {
    if (const auto* found = std::get_if<IceCandidateFound>(&event))
      told.push_back(found->candidate);
  }
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].candidate, early->candidate);
  EXPECT_EQ(told[0].sdp_mid, "1");
  EXPECT_EQ(told[0].sdp_mline_index, 1);
  EXPECT_EQ(told[0].username_fragment, ufrag);
  ASSERT_TRUE(bob->add_ice_candidate(told[0]));
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), 1U);
  // From now on at once, and none of them twice.
  const auto late = alice->add_local_candidate(ufrag, "candidate:2 1 udp 1 192.0.2.1 2 typ host");
  EXPECT_EQ(late->sdp_mid, "1");
  EXPECT_EQ(alice->add_local_candidate(ufrag, "")->sdp_mid, "1");
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  EXPECT_EQ(alice.count_events<IceCandidateFound>(), 0U);
  const auto next = sdp::Description::parse(offer_of(alice).sdp);
  EXPECT_TRUE(next->sections()[0].is_rejected() || next->sections()[0].kind == MediaKind::Video);
  std::size_t kept = 0;
  for (const sdp::MediaSection& section : next->sections()) kept += section.candidates.size();
  EXPECT_EQ(kept, 2U);
}

TEST(PeerNegotiation, TakesCandidatesOfTheTransportThatABundleOnlySectionGoesOnWith) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(alice->set_local_description());
  SessionDescription offer = *alice->local_description();
  const std::size_t at = offer.sdp.find("m=application 9");
  offer.sdp.replace(at, 15, "m=application 0");
  offer.sdp.insert(offer.sdp.find("a=mid:1"), "a=bundle-only\r\n");
  answer_without_audio(bob, offer);
  const auto candidate = alice->add_local_candidate(alice->transport().local_ice->ufrag,
                                                    "candidate:1 1 udp 1 192.0.2.1 1 typ host");
  ASSERT_EQ(candidate->sdp_mid, "0");
  ASSERT_TRUE(bob->add_ice_candidate(*candidate));
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), 1U);
  ASSERT_TRUE(
      bob->add_ice_candidate(*alice->add_local_candidate(*candidate->username_fragment, "")));
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), 1U);
}

TEST(PeerNegotiation, TakesCandidatesThatNameASectionRefusedByTheirSender) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(alice->set_local_description());
  answer_without_audio(bob, *alice->local_description());
  ASSERT_TRUE(alice->set_remote_description(*bob->local_description()));
  alice.events();
  const std::string text = "candidate:1 1 udp 1 192.0.2.1 1 typ host";
  EXPECT_TRUE(alice->add_ice_candidate({.candidate = text, .sdp_mid = "0"}));
  EXPECT_EQ(alice.count_events<RemoteCandidate>(), 1U);
  EXPECT_TRUE(alice->add_ice_candidate(
      {.candidate = text + "0", .sdp_mid = "0", .username_fragment = "none"}));
  EXPECT_EQ(alice.count_events<RemoteCandidate>(), 0U) << "no error, and of no use";
}

TEST(PeerNegotiation, RefusesCandidatesThatBelongNowhere) {
  End alice{1};
  End bob{2};
  const std::string text = "candidate:1 1 udp 1 192.0.2.1 1 typ host";
  EXPECT_EQ(name_of(bob->add_ice_candidate({.candidate = text})), Name::TypeError);
  EXPECT_EQ(name_of(bob->add_ice_candidate({.candidate = text, .sdp_mid = "0"})),
            Name::InvalidStateError);
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(negotiate(alice, bob));
  EXPECT_EQ(name_of(bob->add_ice_candidate({.candidate = text, .sdp_mid = "9"})),
            Name::OperationError);
  EXPECT_EQ(name_of(bob->add_ice_candidate({.candidate = text, .sdp_mline_index = 1})),
            Name::OperationError);
  EXPECT_EQ(name_of(bob->add_ice_candidate(
                {.candidate = text, .sdp_mid = "0", .username_fragment = "none"})),
            Name::OperationError);
  EXPECT_EQ(name_of(bob->add_ice_candidate({.candidate = text + " ufrag none", .sdp_mid = "0"})),
            Name::OperationError);
  EXPECT_EQ(name_of(bob->add_ice_candidate({.candidate = "x", .sdp_mid = "0"})),
            Name::OperationError);
  EXPECT_EQ(name_of(bob->add_ice_candidate({.candidate = text + "\r\na=mid:1", .sdp_mid = "0"})),
            Name::OperationError);
  EXPECT_TRUE(bob->add_ice_candidate({.candidate = text, .sdp_mid = "0"}));
  EXPECT_TRUE(bob->add_ice_candidate({.candidate = "", .sdp_mid = {}}));
}

TEST(PeerNegotiation, TakesCandidatesAsTheyStandInDescriptions) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(negotiate(alice, bob));
  bob.events();
  const std::string text = "candidate:1 1 udp 1 192.0.2.1 1 typ host";
  ASSERT_TRUE(bob->add_ice_candidate({.candidate = "a=" + text + "\r\n", .sdp_mid = "0"}));
  const auto events = bob.events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<RemoteCandidate>(events[0]).candidate, text);
}

TEST(PeerHostile, TakesNoMoreThanABoundedNumberOfCandidates) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_data_channels());
  ASSERT_TRUE(negotiate(alice, bob));
  std::size_t taken = 0;
  for (int i = 0; i < 5000; ++i) {
    taken += bob->add_ice_candidate({.candidate = "candidate:" + std::to_string(i), .sdp_mid = "0"})
                 ? 1
                 : 0;
  }
  EXPECT_EQ(taken, sdp::kMaxCandidatesPerSection);
  EXPECT_EQ(bob.count_events<RemoteCandidate>(), sdp::kMaxCandidatesPerSection);
}

TEST(PeerErrors, NameTheLineThatIsNoSdp) {
  End end{1};
  const auto set = end->set_remote_description({.type = SdpType::Offer, .sdp = "v=0\r\no=x\r\n"});
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().name, Name::SdpSyntaxError);
  EXPECT_EQ(set.error().sdp_line, 2U);
  EXPECT_EQ(to_string(set.error().name), "RTCError");
  EXPECT_THAT(set.error().message, HasSubstr("Line 2"));
}

TEST(PeerErrors, SayInvalidStateForWhatComesAtTheWrongTime) {
  End end{1};
  ASSERT_TRUE(end->add_data_channels());
  EXPECT_EQ(end->create_answer().error().name, Name::InvalidStateError);
  const SessionDescription offer = offer_of(end);
  EXPECT_EQ(name_of(end->set_remote_description({.type = SdpType::Answer, .sdp = offer.sdp})),
            Name::InvalidStateError);
  EXPECT_EQ(name_of(end->set_local_description({.type = SdpType::Answer, .sdp = {}})),
            Name::InvalidStateError);
  EXPECT_EQ(name_of(end->set_local_description({.type = SdpType::Rollback, .sdp = {}})),
            Name::InvalidStateError);
  EXPECT_EQ(name_of(end->set_remote_description({.type = SdpType::Rollback, .sdp = {}})),
            Name::InvalidStateError);
  end->close();
  EXPECT_EQ(end->signaling_state(), SignalingState::Closed);
  EXPECT_EQ(end->create_offer().error().name, Name::InvalidStateError);
  EXPECT_EQ(end->add_transceiver(MediaKind::Audio).error().name, Name::InvalidStateError);
  EXPECT_EQ(name_of(end->set_local_description()), Name::InvalidStateError);
  EXPECT_EQ(name_of(end->set_remote_description(offer)), Name::InvalidStateError);
  EXPECT_EQ(end->poll_event(), std::nullopt);
}

TEST(PeerErrors, RefuseALocalDescriptionThatWasChanged) {
  End end{1};
  ASSERT_TRUE(end->add_data_channels());
  const SessionDescription first = offer_of(end);
  const SessionDescription second = offer_of(end);
  EXPECT_EQ(name_of(end->set_local_description(first)), Name::InvalidModificationError);
  EXPECT_TRUE(end->set_local_description(second));
}

TEST(PeerErrors, RefuseAnAnswerToAnOfferThatAnotherHasReplaced) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(alice->set_local_description());
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  const SessionDescription early = *bob->create_answer();
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(alice->set_local_description());
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  EXPECT_EQ(name_of(bob->set_local_description(early)), Name::InvalidModificationError);
  ASSERT_TRUE(bob->set_local_description());
  EXPECT_TRUE(alice->set_remote_description(*bob->local_description()));
}

TEST(PeerErrors, RefuseContentThatOneTransportCannotCarry) {
  struct Case {
    std::string from;
    std::string to;
    std::string message;
  };

  const std::vector<Case> cases = {
      {"a=rtcp-mux\r\n", "", "rtcp-mux"},
      {"a=fingerprint:", "a=fingerprin:", "fingerprint"},
      {"a=ice-pwd:", "a=ice-pw:", "ice-pwd"},
      {"a=setup:actpass", "a=setup:holdconn", "holdconn"},
      {":sha-256 ", ":sha-999 ", "SHA-256"},
      {"BUNDLE 0 1", "BUNDLE 0 1 7", "mid 7"},
      {"BUNDLE 0 1", "BUNDLE 0 1 0", "more than once"},
  };
  for (const Case& change : cases) {
    SCOPED_TRACE(change.to);
    End alice{1};
    End bob{2};
    ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
    ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
    SessionDescription offer = offer_of(alice);
    const auto at = offer.sdp.find(change.from);
    ASSERT_NE(at, std::string::npos);
    offer.sdp.replace(at, change.from.size(), change.to);
    const auto set = bob->set_remote_description(offer);
    EXPECT_EQ(name_of(set), Name::InvalidAccessError);
    EXPECT_THAT(set ? std::string{} : set.error().message, HasSubstr(change.message));
    EXPECT_EQ(bob->signaling_state(), SignalingState::Stable);
    EXPECT_THAT(bob->transceivers(), IsEmpty());
    EXPECT_THAT(bob.events(), IsEmpty());
  }
}

TEST(PeerErrors, RefuseAPayloadTypeWithTwoMeaningsInOneBundle) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_transceiver(MediaKind::Video));
  ASSERT_TRUE(alice->add_transceiver(MediaKind::Video));
  SessionDescription offer = offer_of(alice);
  const auto last = offer.sdp.rfind("VP8/90000");
  offer.sdp.replace(last, 3, "VP7");
  EXPECT_EQ(name_of(bob->set_remote_description(offer)), Name::InvalidAccessError);
}

TEST(PeerErrors, RefuseAnswersThatDoNotFitTheOffer) {
  struct Case {
    std::string from;
    std::string to;
    std::string message;
  };

  const std::vector<Case> cases = {
      {"a=setup:active", "a=setup:actpass", "setup"},
      {"m=video", "m=audio", "another kind"},
      {"a=mid:0", "a=mid:x", "mid"},
      {"BUNDLE 0 1", "BUNDLE 0", "one transport only"},
      {"m=audio", "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nm=audio", "3 m-sections"},
  };
  for (const Case& change : cases) {
    SCOPED_TRACE(change.to);
    End alice{1};
    End bob{2};
    ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
    ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
    ASSERT_TRUE(alice->set_local_description());
    ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
    SessionDescription answer = *bob->create_answer();
    const SessionDescription whole = answer;
    answer.sdp.replace(answer.sdp.find(change.from), change.from.size(), change.to);
    if (change.from == "a=mid:0") answer.sdp.replace(answer.sdp.find("BUNDLE 0"), 8, "BUNDLE x");
    const auto set = alice->set_remote_description(answer);
    EXPECT_EQ(name_of(set), Name::InvalidAccessError);
    EXPECT_THAT(set ? std::string{} : set.error().message, HasSubstr(change.message));
    EXPECT_EQ(alice->signaling_state(), SignalingState::HaveLocalOffer);
    EXPECT_TRUE(alice->set_remote_description(whole));
  }
}

TEST(PeerErrors, RefuseOffersThatMoveSectionsOrTheDtlsRole) {
  End alice{1};
  End bob{2};
  ASSERT_TRUE(alice->add_track(MediaKind::Audio, "voice"));
  ASSERT_TRUE(alice->add_track(MediaKind::Video, "camera"));
  ASSERT_TRUE(negotiate(alice, bob));
  const SessionDescription offer = offer_of(alice);
  const auto changed = [&](std::string_view from, std::string_view to) {
    SessionDescription out = offer;
    for (std::size_t at = 0; (at = out.sdp.find(from, at)) != std::string::npos; at += to.size()) {
      out.sdp.replace(at, from.size(), to);
    }
    return name_of(bob->set_remote_description(out));
  };
  EXPECT_EQ(changed("m=audio", "m=video"), Name::InvalidAccessError);
  EXPECT_EQ(changed("a=mid:1", "a=mid:7\r\na=x:"), Name::InvalidAccessError);
  EXPECT_EQ(changed("a=setup:actpass", "a=setup:active"), Name::InvalidAccessError);
  EXPECT_EQ(changed("a=setup:actpass", "a=setup:passive"), std::nullopt);  // as it is
}

TEST(PeerTransceivers, TakeTheFirstUnusedSenderForATrack) {
  End end{1};
  const auto video = end->add_transceiver(MediaKind::Video, {.direction = Direction::RecvOnly});
  const auto audio = end->add_track(MediaKind::Audio, "voice");
  EXPECT_NE(*audio, *video);
  EXPECT_EQ(end->add_track(MediaKind::Audio, "voice").error().name, Name::InvalidAccessError);
  EXPECT_EQ(*end->add_track(MediaKind::Video, "camera"), *video);
  EXPECT_EQ(end->find(*video)->direction, Direction::SendRecv);
}

TEST(PeerTransceivers, RefuseIdsThatDoNotFitADescription) {
  End end{1};
  EXPECT_EQ(end->add_track(MediaKind::Audio, "two words").error().name, Name::TypeError);
  EXPECT_EQ(end->add_track(MediaKind::Audio, "a\r\nb").error().name, Name::TypeError);
  EXPECT_EQ(end->add_track(MediaKind::Audio, "").error().name, Name::TypeError);
  EXPECT_EQ(end->add_track(MediaKind::Audio, std::string(257, 'x')).error().name, Name::TypeError);
  EXPECT_EQ(end->add_track(MediaKind::Audio, "a", {"s\n"}).error().name, Name::TypeError);
  EXPECT_EQ(end->add_transceiver(MediaKind::Application).error().name, Name::TypeError);
  EXPECT_THAT(end->transceivers(), IsEmpty());
}

TEST(PeerTransceivers, AreBoundedInNumber) {
  End end{1};
  std::size_t made = 0;
  while (end->add_transceiver(MediaKind::Audio)) ++made;
  EXPECT_EQ(made, Negotiation::kMaxTransceivers);
  ASSERT_TRUE(end->add_data_channels());
  End other{2};
  EXPECT_TRUE(negotiate(end, other));
}

TEST(PeerTransceivers, StopAtOnceWhileNobodyKnowsThem) {
  End end{1};
  const auto id = end->add_transceiver(MediaKind::Audio);
  ASSERT_TRUE(end->stop(*id));
  ASSERT_TRUE(end->stop(*id));
  EXPECT_EQ(end->find(*id), nullptr);
  EXPECT_EQ(name_of(end->set_direction(*id, Direction::Inactive)), Name::InvalidAccessError);
  EXPECT_EQ(end.count_events<NegotiationNeeded>(), 0U);
}

TEST(PeerTransceivers, RefusePreferencesThatAreNoCapabilities) {
  End end{1};
  const auto id = end->add_transceiver(MediaKind::Video);
  EXPECT_EQ(name_of(end->set_codec_preferences(*id, {{.name = "VP7"}})),
            Name::InvalidModificationError);
  EXPECT_EQ(name_of(end->set_codec_preferences(*id, {{.name = "rtx"}})),
            Name::InvalidModificationError);
  EXPECT_TRUE(end->set_codec_preferences(*id, {}));
}

}  // namespace
}  // namespace duet::peer
