// SPDX-License-Identifier: MIT
// Tests of two agents that find each other.
#include <duet/ice/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::ice {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

TEST(IceAgent, FindsADirectPathAndCarriesPayloadBothWays) {
  Lab lab;
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  EXPECT_TRUE(lab.send(lab.alice, "\x16 hello"));
  EXPECT_TRUE(lab.send(lab.bob, "\x16 and you"));
  lab.run_for(1s);
  EXPECT_THAT(lab.bob.received, ElementsAre("\x16 hello"));
  EXPECT_THAT(lab.alice.received, ElementsAre("\x16 and you"));
  EXPECT_EQ(lab.alice.candidate(lab.alice.selected()->local).type, CandidateType::Host);
}

TEST(IceAgent, MaySendAfterOneRoundTripAndHasNominatedAfterTwo) {
  Lab lab;
  lab.add_hosts();
  const Instant begin = lab.now;
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.agent.can_send(lab.now); }));
  EXPECT_EQ(lab.now - begin, 2 * Lab::kDelay);
  ASSERT_TRUE(lab.run_until([&] { return lab.bob.agent.can_send(lab.now); }));
  EXPECT_EQ(lab.now - begin, 2 * Lab::kDelay);
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  EXPECT_EQ(lab.now - begin, 4 * Lab::kDelay);
}

TEST(IceAgent, GoesThroughTheStatesOfTheW3c) {
  Lab lab;
  lab.add_hosts();
  EXPECT_EQ(lab.alice.agent.state(), State::New);
  lab.start();
  EXPECT_EQ(lab.alice.agent.state(), State::Checking);
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  EXPECT_EQ(lab.alice.agent.state(), State::Connected);
  lab.end_candidates();
  EXPECT_EQ(lab.alice.agent.state(), State::Completed);
  lab.alice.agent.close(lab.now);
  lab.collect();
  EXPECT_THAT(lab.alice.states(),
              ElementsAre(State::Checking, State::Connected, State::Completed, State::Closed));
}

TEST(IceAgent, AnswersChecksBeforeTheAnswerOfThePeerAndGoesOnWithIt) {
  // The offerer learns the peer's credentials later than the peer's first checks arrive.
  Lab lab;
  lab.add_hosts();
  lab.bob.agent.set_remote_credentials(lab.now, lab.alice.agent.local_credentials());
  lab.collect();
  lab.tell(lab.bob, lab.alice.of<LocalCandidateFound>().at(0).candidate);
  ASSERT_TRUE(lab.run_until([&] { return lab.bob.agent.can_send(lab.now); }, 1s));
  lab.send(lab.bob, "\x16 early");
  lab.run_for(Lab::kDelay);
  EXPECT_THAT(lab.alice.received, ElementsAre("\x16 early"));
  EXPECT_EQ(lab.alice.of<CheckSent>().size(), 0u);
  lab.alice.agent.set_remote_credentials(lab.now, lab.bob.agent.local_credentials());
  const Instant answered = lab.now;
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.agent.can_send(lab.now); }));
  EXPECT_EQ(lab.now - answered, 2 * Lab::kDelay);
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  // What the check found is told now, and takes the place of the peer-reflexive candidate.
  const auto remote = lab.alice.selected()->remote;
  EXPECT_EQ(lab.alice.candidate(remote).type, CandidateType::PeerReflexive);
  lab.tell(lab.alice, lab.bob.of<LocalCandidateFound>().at(0).candidate);
  EXPECT_EQ(lab.alice.candidate(remote).type, CandidateType::Host);
}

TEST(IceAgent, ForgetsEarlyChecksOfSomebodyElse) {
  Lab lab;
  lab.add_hosts();
  lab.bob.agent.set_remote_credentials(lab.now, lab.alice.agent.local_credentials());
  lab.tell(lab.bob, lab.alice.agent.candidate_stats().at(0).candidate);
  lab.run_for(1s);
  EXPECT_EQ(lab.alice.agent.pair_stats().size(), 1u);
  SeededRandom random{9};
  lab.alice.agent.set_remote_credentials(lab.now, Credentials::make(random));
  EXPECT_TRUE(lab.alice.agent.pair_stats().empty());
}

TEST(IceAgent, ChecksIpv6FirstAndTakesIt) {  // RFC 8421 §4
  Lab lab;
  lab.add_hosts();
  lab.add(lab.alice, endpoint("2001:db8::1", 5000));
  lab.add(lab.bob, endpoint("2001:db8::2", 6000));
  lab.collect();
  for (const auto& found : lab.bob.of<LocalCandidateFound>()) lab.tell(lab.alice, found.candidate);
  lab.exchange_credentials();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  EXPECT_FALSE(lab.alice.candidate(lab.alice.selected()->local).endpoint.address.is_v4());
}

TEST(IceAgent, TakesIpv4WhereIpv6IsBroken) {
  Lab lab;
  lab.is_blocked = [](const Endpoint& from, const Endpoint&) { return !from.address.is_v4(); };
  lab.add_hosts();
  lab.add(lab.alice, endpoint("2001:db8::1", 5000));
  lab.add(lab.bob, endpoint("2001:db8::2", 6000));
  const Instant begin = lab.now;
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  EXPECT_LE(lab.now - begin, 4 * Lab::kDelay + 10ms);
}

TEST(IceAgent, FindsPeerReflexiveCandidatesBehindASymmetricNat) {  // RFC 8445 §7.3.1.3
  Lab lab;
  lab.alice.nat.emplace(Nat{*IpAddress::parse("203.0.113.1"), true, {}, {}, {}});
  lab.add(lab.alice, endpoint("10.0.0.1", 5000));
  lab.add(lab.bob, Lab::kBob);
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  const auto bobs = *lab.bob.selected();
  EXPECT_EQ(lab.bob.candidate(bobs.remote).type, CandidateType::PeerReflexive);
  EXPECT_EQ(lab.bob.candidate(bobs.remote).endpoint.address, *IpAddress::parse("203.0.113.1"));
  const auto ours = *lab.alice.selected();
  EXPECT_EQ(lab.alice.candidate(ours.local).type, CandidateType::PeerReflexive);
  lab.send(lab.bob, "\x80 in");
  lab.run_for(1s);
  EXPECT_THAT(lab.alice.received, ElementsAre("\x80 in"));
}

TEST(IceAgent, ConnectsTwoNatsByReflexiveCandidates) {
  Config config;
  config.servers = {Lab::stun_server()};
  Lab lab{config, config};
  lab.start_server();
  lab.alice.nat.emplace(Nat{*IpAddress::parse("203.0.113.1"), false, {}, {}, {}});
  lab.bob.nat.emplace(Nat{*IpAddress::parse("203.0.113.2"), false, {}, {}, {}});
  lab.add(lab.alice, endpoint("10.0.0.1", 5000));
  lab.add(lab.bob, endpoint("10.0.0.2", 5000));
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  const auto found = lab.alice.of<LocalCandidateFound>();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].candidate.type, CandidateType::ServerReflexive);
  EXPECT_EQ(found[1].candidate.related, endpoint("10.0.0.1", 5000));
  EXPECT_EQ(lab.alice.candidate(lab.alice.selected()->local).type, CandidateType::ServerReflexive);
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Complete);
}

TEST(IceAgent, AsksAServerThatBecomesKnownWhileItGathers) {  // its name took a while
  Lab lab;
  lab.start_server();
  lab.alice.nat.emplace(Nat{*IpAddress::parse("203.0.113.1"), false, {}, {}, {}});
  lab.add(lab.alice, endpoint("10.0.0.1", 5000));
  lab.run_for(11s);
  EXPECT_EQ(lab.alice.of<LocalCandidateFound>().size(), 1u);  // the host's, at once
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Gathering);
  lab.alice.agent.set_servers(lab.now, {Lab::stun_server()});
  lab.alice.agent.end_of_local_addresses(lab.now);
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Gathering);
  lab.run_for(1s);
  const auto found = lab.alice.of<LocalCandidateFound>();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].candidate.type, CandidateType::ServerReflexive);
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Complete);
}

TEST(IceAgent, ConnectsToAPeerWhoseNameHasCharactersOfOld) {
  Config bobs;
  bobs.credentials = {"bob-_", "=#0123456789abcdefghij"};
  Lab lab{{}, bobs};
  lab.add_hosts();
  lab.start();
  EXPECT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 1s));
}

TEST(IceAgent, ForgetsReflexiveCandidatesThatANatHasChanged) {
  Config config;
  config.servers = {Lab::stun_server()};
  Lab lab{config};
  lab.start_server();
  lab.alice.nat.emplace(Nat{*IpAddress::parse("203.0.113.1"), false, {}, {}, {}});
  lab.add(lab.alice, endpoint("10.0.0.1", 5000));
  lab.alice.agent.end_of_local_addresses(lab.now);
  for (int i = 0; i < 20; ++i) {
    lab.run_for(15s);
    lab.alice.nat->mappings.clear();
  }
  EXPECT_GE(lab.alice.of<LocalCandidateFound>().size(), 15u);
  EXPECT_EQ(lab.alice.agent.candidate_stats().size(), 2u);
}

TEST(IceAgent, SaysWhichServerGaveNothing) {
  Config config;
  config.servers = {Lab::stun_server()};
  Lab lab{config};
  lab.add(lab.alice, Lab::kAlice);
  lab.start();
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Gathering);
  lab.run_for(10s);
  ASSERT_EQ(lab.alice.of<ServerFailed>().size(), 1u);
  EXPECT_EQ(lab.alice.of<ServerFailed>()[0].server, 0u);
  EXPECT_EQ(lab.alice.of<ServerFailed>()[0].code, std::nullopt);
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Complete);
}

TEST(IceAgent, FailsOnlyAfterItsPatience) {  // RFC 8863 §4
  Lab lab;
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  lab.add_hosts();
  lab.start();
  lab.end_candidates();
  lab.run_for(Agent::kPatience - 1s);
  EXPECT_EQ(lab.alice.agent.state(), State::Checking);
  lab.run_for(2s);
  EXPECT_EQ(lab.alice.agent.state(), State::Failed);
  EXPECT_EQ(lab.alice.of<CheckFailed>().size(), 1u);
  // 100 ms, doubling up to a second, for eight seconds.
  EXPECT_EQ(lab.alice.of<CheckSent>().size(), 11u);
}

TEST(IceAgent, FailsWithoutAnyCandidateOfThePeer) {
  Lab lab;
  lab.add_hosts();
  lab.exchange_credentials();
  lab.end_candidates();
  EXPECT_EQ(lab.alice.agent.state(), State::Checking);
  lab.run_for(40s);
  EXPECT_EQ(lab.alice.agent.state(), State::Failed);
}

TEST(IceAgent, ConnectsLateWhereThePathOpensLate) {
  Lab lab;
  lab.is_blocked = [&](const Endpoint&, const Endpoint&) { return lab.now < Instant{1006s}; };
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 8s));
}

TEST(IceAgent, SettlesARoleConflictOfTwoThatControl) {  // RFC 8445 §7.3.1.1
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    Lab lab;
    lab.alice.agent.set_role(lab.now, role);
    lab.bob.agent.set_role(lab.now, role);
    lab.add_hosts();
    lab.start();
    ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
    EXPECT_NE(lab.alice.agent.role(), lab.bob.agent.role());
    lab.run_for(30s);
    EXPECT_NE(lab.alice.agent.role(), lab.bob.agent.role());
  }
}

TEST(IceAgent, DrivesALitePeer) {  // RFC 8445 §2.5
  Config lite;
  lite.is_lite = true;
  Lab lab{{}, lite};
  lab.alice.agent.set_role(lab.now, Role::Controlled);
  lab.add_hosts();
  lab.start(true);
  EXPECT_EQ(lab.alice.agent.role(), Role::Controlling);
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  EXPECT_TRUE(lab.bob.of<CheckSent>().empty());
  EXPECT_TRUE(lab.send(lab.bob, "\x80 x"));
  lab.run_for(100s);
  EXPECT_TRUE(lab.bob.of<CheckSent>().empty());
  EXPECT_EQ(lab.alice.agent.state(), State::Connected);
  EXPECT_EQ(lab.bob.agent.state(), State::Connected);
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  lab.run_for(25s);
  EXPECT_EQ(lab.bob.agent.state(), State::Disconnected);
  lab.run_for(15s);
  EXPECT_EQ(lab.bob.agent.state(), State::Failed);
}

TEST(IceAgent, HidesAddressesBehindNamesAndFindsThem) {
  Config config;
  config.hides_addresses = true;
  Lab lab{config, config};
  lab.add_hosts();
  lab.start();
  const Candidate told = lab.alice.of<LocalCandidateFound>().at(0).candidate;
  EXPECT_TRUE(is_mdns_name(told.name));
  EXPECT_THAT(told.serialize(), Not(testing::HasSubstr("192.0.2.1")));
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  EXPECT_EQ(lab.bob.of<ResolveWanted>().size(), 1u);
  for (const CandidateStats& stats : lab.bob.agent.candidate_stats()) {
    EXPECT_TRUE(stats.candidate.is_named());
  }
}

TEST(IceAgent, TellsNoHiddenAddressByRaddr) {
  Config config;
  config.hides_addresses = true;
  config.servers = {Lab::stun_server()};
  Lab lab{config};
  lab.start_server();
  lab.alice.nat.emplace(Nat{*IpAddress::parse("203.0.113.1"), false, {}, {}, {}});
  lab.add(lab.alice, endpoint("10.0.0.1", 5000));
  lab.start();
  lab.run_for(1s);
  const auto found = lab.alice.of<LocalCandidateFound>();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].candidate.related, Endpoint{});
}

TEST(IceAgent, DoesWithoutANameThatNobodyKnows) {
  Config config;
  config.hides_addresses = true;
  Lab lab{config, {}};
  lab.resolves = false;
  lab.add_hosts();
  lab.start();
  // Bob can't look Alice up; her checks find him.
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
}

TEST(IceAgent, FollowsAChangeOfAddressWithoutBeingAsked) {
  Lab lab;
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
  lab.run_for(10s);
  for (End* end : {&lab.alice, &lab.bob}) {
    // Once the controlling end moves, once the controlled one.
    const Endpoint old = *end->bases.begin();
    const Endpoint fresh = endpoint(end == &lab.alice ? "192.0.2.101" : "192.0.2.102", 7000);
    end->bases.erase(old);
    end->agent.remove_local_address(lab.now, old);
    EXPECT_EQ(end->agent.state(), State::Disconnected);
    lab.add(*end, fresh);
    const Instant moved = lab.now;
    ASSERT_TRUE(lab.run_until(
        [&] {
          return end->agent.state() == State::Connected &&
                 lab.peer_of(*end).agent.can_send(lab.now) &&
                 lab.send(lab.peer_of(*end), "\x80 still there?") && [&] {
                   lab.run_for(Lab::kDelay);
                   return !end->received.empty();
                 }();
        },
        15s));
    EXPECT_LE(lab.now - moved, 12s);
    end->received.clear();
  }
}

TEST(IceAgent, KeepsAnIdleConnectionSmall) {
  // The agent itself; what it points to is counted in memory_test.
  EXPECT_LE(sizeof(Agent), 1536u);
  EXPECT_LE(sizeof(Pair), 640u);
}

}  // namespace
}  // namespace duet::ice
