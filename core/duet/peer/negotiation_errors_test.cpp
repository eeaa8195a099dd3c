// SPDX-License-Identifier: MIT
// What a negotiation refuses, and with which of the W3C's errors.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace duet::peer {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using Name = Error::Name;

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

}  // namespace
}  // namespace duet::peer
