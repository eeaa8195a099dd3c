// SPDX-License-Identifier: MIT
// The states of a negotiation, between two ends of our own.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

namespace duet::peer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Name = Error::Name;

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
