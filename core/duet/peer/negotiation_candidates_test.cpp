// SPDX-License-Identifier: MIT
// Candidates of a negotiation: which section and which transport they are for.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace duet::peer {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using Name = Error::Name;

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

}  // namespace
}  // namespace duet::peer
