// SPDX-License-Identifier: MIT
// Tests of what comes after a pair was found: consent, loss, restarts, nomination by other rules.
#include <duet/ice/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::ice {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

Lab& connect(Lab& lab) {
  lab.add_hosts();
  lab.start();
  EXPECT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  lab.end_candidates();
  EXPECT_TRUE(lab.run_until([&] { return lab.bob.agent.state() == State::Completed; }));
  return lab;
}

/// Two paths, of which one is selected and the other has worked.
void connect_over_both_families(Lab& lab) {
  lab.add_hosts();
  lab.add(lab.alice, endpoint("2001:db8::1", 5000));
  lab.add(lab.bob, endpoint("2001:db8::2", 6000));
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  lab.run_for(20s);
}

TEST(IceConsent, IsAskedForEachFiveSecondsAtRandom) {  // RFC 7675 §5.1
  Lab lab;
  connect(lab);
  std::vector<Instant> asked;
  lab.on_packet = [&](End& from, std::span<const std::byte> bytes) {
    const auto message = stun::Message::parse(bytes);
    const bool is_check = message && message->klass() == stun::Class::Request;
    if (&from == &lab.alice && is_check) asked.push_back(lab.now);
  };
  lab.run_for(10min);
  EXPECT_NEAR(static_cast<double>(asked.size()), 120, 6);
  std::set<Duration> gaps;
  for (std::size_t i = 1; i < asked.size(); ++i) {
    const Duration gap = asked[i] - asked[i - 1];
    EXPECT_GE(gap, 4s);
    EXPECT_LE(gap, 6s + 2 * Lab::kDelay);
    gaps.insert(gap);
  }
  EXPECT_GT(gaps.size(), 100u);
  EXPECT_EQ(lab.alice.agent.state(), State::Completed);
}

TEST(IceConsent, IsNotStarvedByMedia) {
  Lab lab;
  connect(lab);
  const auto before = lab.alice.selected()->counters.consent_requests_sent;
  for (int i = 0; i < 3000; ++i) {
    EXPECT_TRUE(lab.send(lab.alice, "\x80 media"));
    EXPECT_TRUE(lab.send(lab.bob, "\x80 media"));
    lab.run_for(20ms);
  }
  EXPECT_GE(lab.alice.selected()->counters.consent_requests_sent - before, 9u);
}

TEST(IceConsent, EndsThirtySecondsAfterTheLastAnswerAlsoWhileMediaComesIn) {  // RFC 7675 §5.1
  Lab lab;
  connect(lab);
  const Instant gone = lab.now;
  // Bob goes on sending and doesn't answer.
  lab.is_blocked = [](const Endpoint& from, const Endpoint&) { return from == Lab::kAlice; };
  while (lab.alice.agent.can_send(lab.now) && lab.now < gone + 60s) {
    lab.send(lab.bob, "\x80 media");
    lab.run_for(100ms);
  }
  EXPECT_GE(lab.now - gone, 24s);
  EXPECT_LE(lab.now - gone, 30s + 200ms);
  EXPECT_EQ(lab.alice.agent.state(), State::Failed);
  EXPECT_FALSE(lab.alice.agent.send(lab.now, as_bytes("\x80")).has_value());
}

TEST(IceConsent, APathThatBreaksIsSeenWithinSecondsAndItsReturnAtOnce) {
  Lab lab;
  connect(lab);
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  const Instant broken = lab.now;
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.agent.state() == State::Disconnected; }, 30s));
  EXPECT_LE(lab.now - broken, 9s);
  EXPECT_TRUE(lab.alice.agent.can_send(lab.now));
  lab.run_for(10s);
  lab.is_blocked = nullptr;
  const Instant mended = lab.now;
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.agent.state() == State::Completed; }, 30s));
  EXPECT_LE(lab.now - mended, Check::kMaxInterval + 2 * Lab::kDelay);
}

TEST(IceConsent, APathThatBreaksUnderMediaIsSeenInLessThanFourSeconds) {
  Lab lab;
  connect(lab);
  for (int i = 0; i < 100; ++i) {
    lab.send(lab.bob, "\x80 media");
    lab.run_for(20ms);
  }
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  const Instant broken = lab.now;
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.agent.state() == State::Disconnected; }, 30s));
  EXPECT_LE(lab.now - broken, 4s);
}

TEST(IceConsent, APathThatBreaksIsSeenAlsoWhenAPacketWasStillUnderWay) {
  Lab lab;
  connect(lab);
  bool has_asked = false;
  lab.on_packet = [&](End& from, std::span<const std::byte> bytes) {
    const auto message = stun::Message::parse(bytes);
    if (&from == &lab.alice && message && message->klass() == stun::Class::Request) {
      has_asked = true;
    }
  };
  while (!has_asked) {
    EXPECT_TRUE(lab.send(lab.bob, "\x80 media"));
    lab.run_for(10ms);
  }
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.agent.state() == State::Disconnected; }, 5s));
}

TEST(IceConsent, GoesOverToAnotherPathWhenTheSelectedOneBreaks) {
  Lab lab;
  connect_over_both_families(lab);
  const auto selected_family = [&](End& end) {
    return end.candidate(end.selected()->local).endpoint.address.family();
  };
  const auto family = selected_family(lab.alice);
  lab.is_blocked = [&](const Endpoint& from, const Endpoint&) {
    return from.address.family() == family;
  };
  const Instant broken = lab.now;
  ASSERT_TRUE(lab.run_until(
      [&] {
        return lab.alice.agent.state() == State::Connected &&
               lab.bob.agent.state() == State::Connected && selected_family(lab.alice) != family &&
               selected_family(lab.bob) != family;
      },
      30s));
  EXPECT_LE(lab.now - broken, 12s);
  lab.send(lab.alice, "\x80 on");
  lab.run_for(1s);
  EXPECT_THAT(lab.bob.received, ElementsAre("\x80 on"));
}

TEST(IceConsent, FollowsAPeerThatLostAnAddressToWhereItSpeaks) {
  for (const bool alice_moves : {true, false}) {
    Lab lab;
    connect_over_both_families(lab);
    End& mover = alice_moves ? lab.alice : lab.bob;
    End& other = lab.peer_of(mover);
    const auto left = mover.candidate(mover.selected()->local).endpoint;
    mover.bases.erase(left);
    mover.agent.remove_local_address(lab.now, left);
    const Instant moved = lab.now;
    const auto follows = [&] {
      other.received.clear();
      mover.received.clear();
      lab.send(mover, "\x80 here");
      lab.send(other, "\x80 there?");
      lab.run_for(20ms);
      return !mover.received.empty();
    };
    while (!follows() && lab.now < moved + 10s) {
    }
    EXPECT_LE(lab.now - moved, 700ms);
  }
}

TEST(IceConsent, APacketByAnotherWayIsNoReasonToLeaveOneThatAnswers) {
  Lab lab;
  connect_over_both_families(lab);
  const auto selected = lab.alice.agent.selected_pair();
  int taken = 0;
  for (const PairStats& pair : lab.alice.agent.pair_stats()) {
    if (pair.id == selected) continue;
    const Endpoint base = lab.alice.candidate(pair.local).endpoint;
    const Endpoint from = endpoint(base.address.is_v4() ? "192.0.2.2" : "2001:db8::2", 6000);
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(lab.give(lab.alice, base, from, as_bytes("\x80 elsewhere")));
      ++taken;
      lab.run_for(20ms);
      ASSERT_EQ(lab.alice.agent.state(), State::Connected);
    }
  }
  EXPECT_GE(taken, 500);
  EXPECT_EQ(lab.alice.agent.selected_pair(), selected);
}

TEST(IceRestart, KeepsTheOldPairUntilTheNewOneIsSelected) {  // RFC 8445 §9
  Lab lab;
  connect(lab);
  const Credentials old = lab.alice.agent.local_credentials();
  lab.alice.agent.restart(lab.now);
  EXPECT_NE(lab.alice.agent.local_credentials(), old);
  EXPECT_FALSE(lab.alice.agent.selected_pair().has_value());
  // The offer is on its way, for a long time: media and consent go on.
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(lab.send(lab.alice, "\x80 a"));
    ASSERT_TRUE(lab.send(lab.bob, "\x80 b"));
    lab.run_for(1s);
  }
  EXPECT_EQ(lab.alice.received.size(), 60u);
  EXPECT_EQ(lab.bob.received.size(), 60u);
  EXPECT_EQ(lab.alice.agent.state(), State::Completed);
  // It arrives: Bob restarts, too.
  const Credentials bobs_old = lab.bob.agent.local_credentials();
  lab.bob.agent.set_remote_credentials(lab.now, lab.alice.agent.local_credentials());
  EXPECT_NE(lab.bob.agent.local_credentials(), bobs_old);
  lab.alice.agent.set_remote_credentials(lab.now, lab.bob.agent.local_credentials());
  EXPECT_EQ(lab.alice.agent.state(), State::Checking);
  for (End* end : {&lab.alice, &lab.bob}) {
    lab.tell(lab.peer_of(*end), end->of<LocalCandidateFound>().at(0).candidate);
  }
  ASSERT_TRUE(lab.send(lab.alice, "\x80 between"));
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 2s));
  lab.send(lab.alice, "\x80 after");
  lab.run_for(10s);
  EXPECT_THAT(lab.bob.received, Contains("\x80 between"));
  EXPECT_THAT(lab.bob.received, Contains("\x80 after"));
  EXPECT_EQ(lab.alice.agent.pair_stats().size(), 1u);
  EXPECT_EQ(lab.alice.agent.state(), State::Connected);
}

TEST(IceRestart, TellsTheCandidatesAnew) {
  Lab lab;
  connect(lab);
  lab.trickles = false;
  const auto before = lab.alice.of<LocalCandidateFound>().size();
  lab.alice.agent.restart(lab.now);
  lab.collect();
  EXPECT_EQ(lab.alice.of<LocalCandidateFound>().size(), 2 * before);
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Complete);
  std::vector<GatheringState> states;
  for (const auto& change : lab.alice.of<GatheringStateChanged>()) states.push_back(change.state);
  EXPECT_THAT(states, ElementsAre(GatheringState::Gathering, GatheringState::Complete,
                                  GatheringState::Gathering, GatheringState::Complete));
}

TEST(IceRestart, CanBeTakenBack) {
  Lab lab;
  connect(lab);
  lab.trickles = false;
  const Credentials old = lab.alice.agent.local_credentials();
  const auto selected = lab.alice.agent.selected_pair();
  lab.alice.agent.restart(lab.now);
  lab.run_for(5s);
  lab.alice.agent.cancel_restart(lab.now);
  EXPECT_EQ(lab.alice.agent.local_credentials(), old);
  EXPECT_EQ(lab.alice.agent.selected_pair(), selected);
  lab.run_for(60s);
  EXPECT_EQ(lab.alice.agent.state(), State::Completed);
  EXPECT_EQ(lab.bob.agent.state(), State::Completed);
}

TEST(IceRestart, CanBeTakenBackBeforeAPairWasSelected) {
  Lab lab;
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  lab.add_hosts();
  lab.start();
  lab.run_for(1s);
  lab.trickles = false;
  const Credentials old = lab.alice.agent.local_credentials();
  std::set<PairId> used;
  for (const PairFormed& formed : lab.alice.of<PairFormed>()) used.insert(formed.pair);
  lab.alice.agent.restart(lab.now);
  lab.alice.agent.restart(lab.now);  // the offer was made anew
  EXPECT_FALSE(lab.alice.agent.remote_credentials());
  lab.run_for(1s);
  lab.alice.events.clear();
  lab.alice.agent.cancel_restart(lab.now);
  EXPECT_EQ(lab.alice.agent.local_credentials(), old);
  EXPECT_EQ(lab.alice.agent.remote_credentials(), lab.bob.agent.local_credentials());
  lab.is_blocked = {};
  EXPECT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
  for (const PairFormed& formed : lab.alice.of<PairFormed>()) {
    EXPECT_FALSE(used.contains(formed.pair));
  }
}

TEST(IceRestart, DropsChecksOfBeforeOnceTheOldPairIsGone) {
  Lab lab;
  connect(lab);
  const Credentials alices = lab.alice.agent.local_credentials();
  const Credentials bobs = lab.bob.agent.local_credentials();
  lab.alice.agent.restart(lab.now);
  lab.bob.agent.set_remote_credentials(lab.now, lab.alice.agent.local_credentials());
  lab.alice.agent.set_remote_credentials(lab.now, lab.bob.agent.local_credentials());
  for (End* end : {&lab.alice, &lab.bob}) {
    lab.tell(lab.peer_of(*end), end->of<LocalCandidateFound>().at(0).candidate);
  }
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 2s));
  lab.run_for(5s);
  std::array<std::byte, kMaxCheckSize> buffer{};
  const auto bytes = write_check(buffer, {}, bobs, alices, {Role::Controlled, 1, 1, false});
  lab.give(lab.alice, Lab::kAlice, Lab::kBob, bytes);
  EXPECT_EQ(lab.alice.agent.counters().of(Drop::UnknownUfrag), 1u);
}

/// Bob, controlled, with a peer by hand that nominates as it likes.
class IceNomination : public testing::Test {
 protected:
  static constexpr std::uint32_t kHigh = 2130706431;

  void SetUp() override {
    lab.add(lab.bob, Lab::kBob);
    lab.bob.agent.set_remote_credentials(lab.now, kPeer);
    lab.collect();
  }

  /// A check from `port`, and an answer to Bob's own.
  void check(std::uint16_t port, bool use_candidate, std::uint32_t priority) {
    const Endpoint from{Lab::kAlice.address, port};
    std::array<std::byte, kMaxCheckSize> buffer{};
    id_[0] = static_cast<std::byte>(std::to_integer<unsigned>(id_[0]) + 1);
    const auto bytes = write_check(buffer, id_, kPeer, lab.bob.agent.local_credentials(),
                                   {Role::Controlling, 1, priority, use_candidate});
    lab.bob.agent.handle_datagram(lab.now, Lab::kBob, from, bytes);
    std::vector<std::pair<Endpoint, std::vector<std::byte>>> sent;
    while (const auto out = lab.bob.agent.poll_transmit(lab.now))
      sent.emplace_back(out->route.remote, copy(out->payload));
    for (const auto& [to, packet] : sent) {
      const auto message = stun::Message::parse(packet);
      if (message->klass() != stun::Class::Request) continue;
      std::array<std::byte, 256> answer{};
      lab.bob.agent.handle_datagram(lab.now, Lab::kBob, to,
                                    write_answer(answer, message->id(), Lab::kBob, kPeer));
    }
    lab.collect();
  }

  std::optional<std::uint16_t> selected_port() const {
    const auto selected = lab.bob.selected();
    if (!selected) return std::nullopt;
    return lab.bob.candidate(selected->remote).endpoint.port;
  }

  const Credentials kPeer{"peer", std::string(22, 'p')};
  Lab lab;
  stun::TransactionId id_{};
};

TEST_F(IceNomination, SelectsWhatThePeerNominates) {  // RFC 8445 §7.3.1.5
  check(1, false, kHigh);
  EXPECT_TRUE(lab.bob.agent.can_send(lab.now));
  EXPECT_FALSE(selected_port().has_value());
  check(1, true, kHigh);
  EXPECT_EQ(selected_port(), 1);
}

TEST_F(IceNomination, SelectsOnceItsOwnCheckWasAnswered) {
  check(1, true, kHigh);
  EXPECT_EQ(selected_port(), 1);
}

TEST_F(IceNomination, OfAnAggressivePeerTheHighestPriorityCounts) {  // RFC 5245 §8.1.1.2
  check(1, true, kHigh - 512);
  check(2, true, kHigh);
  check(3, true, kHigh - 1024);
  EXPECT_EQ(selected_port(), 2);
  check(1, true, kHigh - 512);
  check(3, true, kHigh - 1024);
  EXPECT_EQ(selected_port(), 2);
}

TEST_F(IceNomination, OfAPeerThatChangesItsMindTheLastOneCounts) {
  check(1, true, kHigh);
  check(2, false, kHigh - 512);
  EXPECT_EQ(selected_port(), 1);
  // Browsers stop nominating the pair that they leave.
  check(1, false, kHigh);
  check(2, true, kHigh - 512);
  EXPECT_EQ(selected_port(), 2);
}

TEST_F(IceNomination, ChecksWithoutItDoNotUnselect) {
  check(1, true, kHigh);
  for (int i = 0; i < 5; ++i) check(1, false, kHigh);
  EXPECT_EQ(selected_port(), 1);
}

}  // namespace
}  // namespace duet::ice
