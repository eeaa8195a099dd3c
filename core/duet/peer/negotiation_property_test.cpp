// SPDX-License-Identifier: MIT
// Two ends do random things for hundreds of seeds and always come to agree.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace duet::peer {
namespace {

/// One end with its signaling channel, as perfect negotiation has it
/// (W3C webrtc #perfect-negotiation-example).
struct Party {
  Party(std::uint64_t seed, bool is_polite) : end{seed}, polite{is_polite} {}

  End end;
  bool polite;
  bool ignore_offer = false;
  std::deque<SessionDescription> inbox;
  std::deque<IceCandidateInit> candidates;
};

class World {
 public:
  explicit World(std::uint64_t seed)
      : random_{seed}, parties_{{{seed * 2, true}, {seed * 2 + 1, false}}} {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    settle();
    compare();
  }

  int collisions() const { return collisions_; }

  int agreed() const { return agreed_; }

 private:
  std::uint64_t draw(std::uint64_t below) { return random_.u64() % below; }

  Party& other(const Party& party) { return &party == &parties_[0] ? parties_[1] : parties_[0]; }

  void step() {
    Party& party = parties_[draw(2)];
    Negotiation& negotiation = party.end.negotiation;
    const auto& transceivers = negotiation.transceivers();
    const TransceiverId id =
        transceivers.empty() ? TransceiverId{} : transceivers[draw(transceivers.size())].id;
    const MediaKind kind = draw(2) == 0 ? MediaKind::Audio : MediaKind::Video;
    const bool is_full = transceivers.size() > 8;
    switch (draw(13)) {
      case 0:
        if (!is_full) {
          EXPECT_TRUE(negotiation.add_transceiver(kind, {.direction = draw_direction()}));
        }
        break;
      case 1:
        if (!is_full) {
          EXPECT_TRUE(negotiation.add_track(kind, "t" + std::to_string(++tracks_), {"s"}));
        }
        break;
      case 2:
        (void)negotiation.set_direction(id, draw_direction());
        break;
      case 3:
        (void)negotiation.stop(id);
        break;
      case 4:
        (void)negotiation.remove_track(id);
        break;
      case 5:
        (void)negotiation.set_streams(id, {"s" + std::to_string(draw(3))});
        break;
      case 6:
        EXPECT_TRUE(negotiation.add_data_channels());
        break;
      case 7:
        if (draw(4) == 0) negotiation.restart_ice();
        break;
      case 8:
        prefer(party, id);
        break;
      case 9:
        trickle(party);
        break;
      default:
        deliver(party);
        break;
    }
    listen(party);
  }

  Direction draw_direction() { return static_cast<Direction>(draw(4)); }

  void prefer(Party& party, TransceiverId id) {
    const Transceiver* transceiver = party.end->find(id);
    if (transceiver == nullptr) return;
    const Capabilities capabilities = default_capabilities();
    auto codecs = capabilities.of(transceiver->kind).codecs;
    std::rotate(codecs.begin(), codecs.begin() + static_cast<long>(draw(3)), codecs.end());
    (void)party.end->set_codec_preferences(id, codecs);
  }

  void trickle(Party& party) {
    const auto& ice = party.end->transport().local_ice;
    if (!ice) return;
    const std::string text = draw(8) == 0 ? "" : "candidate:" + std::to_string(draw(20));
    if (auto candidate = party.end->add_local_candidate(ice->ufrag, text)) {
      other(party).candidates.push_back(*std::move(candidate));
    }
  }

  /// Offers where an offer is asked for.
  void listen(Party& party) {
    for (const NegotiationEvent& event : party.end.events()) {
      if (!std::holds_alternative<NegotiationNeeded>(event)) continue;
      if (party.end->signaling_state() != SignalingState::Stable) continue;
      const auto set = party.end->set_local_description();
      ASSERT_TRUE(set) << set.error().message;
      other(party).inbox.push_back(*party.end->local_description());
    }
  }

  void deliver(Party& party) {
    if (!party.candidates.empty() && party.inbox.empty()) {
      // May belong to an offer that was ignored or rolled back; that is an error and no more.
      (void)party.end->add_ice_candidate(party.candidates.front());
      party.candidates.pop_front();
    }
    if (party.inbox.empty()) return;
    const SessionDescription description = std::move(party.inbox.front());
    party.inbox.pop_front();
    Negotiation& negotiation = party.end.negotiation;
    const bool collides = description.type == SdpType::Offer &&
                          negotiation.signaling_state() != SignalingState::Stable;
    collisions_ += collides ? 1 : 0;
    if (collides && !party.polite) return;
    // Ours was rolled back by an offer of theirs, and they have not seen that yet.
    if (description.type == SdpType::Answer &&
        negotiation.signaling_state() != SignalingState::HaveLocalOffer) {
      return;
    }
    const auto set = negotiation.set_remote_description(description);
    ASSERT_TRUE(set) << set.error().message << '\n' << description.sdp;
    if (description.type != SdpType::Offer) return;
    if (draw(8) == 0) answer_provisionally(party);
    const auto answered = negotiation.set_local_description();
    ASSERT_TRUE(answered) << answered.error().message;
    other(party).inbox.push_back(*negotiation.local_description());
  }

  void answer_provisionally(Party& party) {
    auto answer = party.end->create_answer();
    ASSERT_TRUE(answer);
    answer->type = SdpType::Pranswer;
    ASSERT_TRUE(party.end->set_local_description(*answer));
  }

  void settle() {
    for (int round = 0; round < 100; ++round) {
      bool is_quiet = true;
      for (Party& party : parties_) {
        listen(party);
        is_quiet = is_quiet && party.inbox.empty();
        while (!party.inbox.empty() || !party.candidates.empty()) deliver(party);
        listen(party);
      }
      if (is_quiet && parties_[0].inbox.empty() && parties_[1].inbox.empty()) return;
    }
    ADD_FAILURE() << "they go on negotiating";
  }

  void compare() {
    const Negotiation& a = parties_[0].end.negotiation;
    const Negotiation& b = parties_[1].end.negotiation;
    EXPECT_EQ(a.signaling_state(), SignalingState::Stable);
    EXPECT_EQ(b.signaling_state(), SignalingState::Stable);
    ASSERT_EQ(a.transceivers().size(), b.transceivers().size());
    for (const Transceiver& ours : a.transceivers()) {
      ASSERT_TRUE(ours.mid);
      const Transceiver* theirs = nullptr;
      for (const Transceiver& candidate : b.transceivers()) {
        if (candidate.mid == ours.mid) theirs = &candidate;
      }
      ASSERT_NE(theirs, nullptr) << *ours.mid;
      ++agreed_;
      EXPECT_EQ(ours.kind, theirs->kind);
      ASSERT_TRUE(ours.current_direction && theirs->current_direction);
      EXPECT_EQ(*ours.current_direction, sdp::reverse(*theirs->current_direction));
      EXPECT_EQ(ours.receiving, sdp::receives(*ours.current_direction));
      EXPECT_EQ(ours.parameters.send, theirs->parameters.receive);
      EXPECT_EQ(ours.parameters.receive, theirs->parameters.send);
      EXPECT_FALSE(ours.parameters.send.empty());
      EXPECT_EQ(ours.parameters.extensions, theirs->parameters.extensions);
      if (sdp::receives(*ours.current_direction)) {
        EXPECT_THAT(ours.parameters.remote, testing::ElementsAre(theirs->parameters.local));
        EXPECT_EQ(ours.remote_stream_ids, theirs->stream_ids);
      }
    }
    EXPECT_EQ(a.sctp().has_value(), b.sctp().has_value());
    EXPECT_EQ(a.transport().local_ice, b.transport().remote_ice);
    EXPECT_EQ(a.transport().remote_ice, b.transport().local_ice);
    if (a.transport().dtls_role) {
      EXPECT_NE(a.transport().dtls_role, b.transport().dtls_role);
      EXPECT_NE(a.transport().controlling, b.transport().controlling);
    }
    const auto local = a.current_local_description();
    ASSERT_EQ(local.has_value(), b.current_remote_description().has_value());
  }

  SeededRandom random_;
  std::array<Party, 2> parties_;
  int tracks_ = 0;
  int collisions_ = 0;
  int agreed_ = 0;
};

TEST(PeerNegotiationProperty, TwoEndsAlwaysComeToAgree) {
  int collisions = 0;
  int agreed = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world{seed};
    world.run(static_cast<int>(10 + seed % 90));
    collisions += world.collisions();
    agreed += world.agreed();
    if (testing::Test::HasFailure()) return;
  }
  // Else there was nothing to agree on.
  EXPECT_GT(collisions, 100);
  EXPECT_GT(agreed, 500);
}

}  // namespace
}  // namespace duet::peer
