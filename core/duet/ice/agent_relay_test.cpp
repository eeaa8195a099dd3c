// SPDX-License-Identifier: MIT
// Tests of agents with relays and over TCP.
#include <duet/ice/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::ice {
namespace {

using testing::ElementsAre;

Config relay_config(Policy policy, Carrier carrier = Carrier::Udp) {
  Config config;
  config.policy = policy;
  config.servers = {Lab::turn_server(carrier)};
  return config;
}

void expect_both_ways(Lab& lab) {
  EXPECT_TRUE(lab.send(lab.alice, "\x80 to bob"));
  EXPECT_TRUE(lab.send(lab.bob, "\x80 to alice"));
  lab.run_for(500ms);
  EXPECT_THAT(lab.bob.received, ElementsAre("\x80 to bob"));
  EXPECT_THAT(lab.alice.received, ElementsAre("\x80 to alice"));
}

CandidateType type_of(const End& end) { return end.candidate(end.selected()->local).type; }

TEST(IceRelay, CarriesACallBetweenTwoRelayedAddresses) {
  Lab lab{relay_config(Policy::Relay), relay_config(Policy::Relay)};
  lab.start_server();
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
  EXPECT_EQ(type_of(lab.alice), CandidateType::Relay);
  expect_both_ways(lab);
  for (End* end : {&lab.alice, &lab.bob}) {
    const auto found = end->of<LocalCandidateFound>();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].candidate.type, CandidateType::Relay);
    EXPECT_EQ(found[0].candidate.related, Endpoint{});
  }
  // Once there is a channel, four bytes are all that is added.
  lab.run_for(1s);
  EXPECT_EQ(lab.alice.agent.send(lab.now, as_bytes("\x80"))->head_size, 4);
  lab.run_for(30min);
  EXPECT_EQ(lab.alice.agent.state(), State::Connected);
}

TEST(IceRelay, IsTheLastResort) {
  Lab lab{relay_config(Policy::All), relay_config(Policy::All)};
  lab.start_server();
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
  lab.run_for(5s);
  EXPECT_EQ(type_of(lab.alice), CandidateType::Host);
}

TEST(IceRelay, IsTakenWhereNothingElseWorks) {
  Lab lab{relay_config(Policy::All), relay_config(Policy::All)};
  lab.is_blocked = [](const Endpoint& from, const Endpoint& to) {
    return from != Lab::kServer && to != Lab::kServer;
  };
  lab.start_server();
  lab.add_hosts();
  const Instant begin = lab.now;
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
  EXPECT_LE(lab.now - begin, 1s);
  EXPECT_EQ(type_of(lab.alice), CandidateType::Relay);
  expect_both_ways(lab);
}

TEST(IceRelay, IsLeftForADirectPathThatOpensLater) {
  Lab lab{relay_config(Policy::All), relay_config(Policy::All)};
  lab.is_blocked = [&](const Endpoint& from, const Endpoint& to) {
    return from != Lab::kServer && to != Lab::kServer && lab.now < Instant{1004s};
  };
  lab.start_server();
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 3s));
  EXPECT_EQ(type_of(lab.alice), CandidateType::Relay);
  ASSERT_TRUE(lab.run_until(
      [&] {
        return type_of(lab.alice) == CandidateType::Host && type_of(lab.bob) == CandidateType::Host;
      },
      8s));
  expect_both_ways(lab);
}

TEST(IceRelay, IsReachedOverTcpWhereUdpIsBlocked) {
  Lab lab{relay_config(Policy::All, Carrier::Tcp), relay_config(Policy::All, Carrier::Tcp)};
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  lab.start_server();
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 10s));
  EXPECT_EQ(type_of(lab.alice), CandidateType::Relay);
  expect_both_ways(lab);
  for (const CandidateStats& stats : lab.alice.agent.candidate_stats()) {
    if (!stats.is_remote && stats.candidate.type == CandidateType::Relay) {
      EXPECT_EQ(stats.relay, Carrier::Tcp);
    }
  }
}

TEST(IceRelay, IsGivenBackAtTheEnd) {
  Lab lab{relay_config(Policy::Relay), relay_config(Policy::Relay)};
  lab.start_server();
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
  const turn::Path path{turn::Transport::Udp, Lab::kAlice, Lab::kServer, {}};
  EXPECT_TRUE(lab.server->has_allocation(path));
  lab.alice.agent.close(lab.now);
  lab.run_for(1s);
  EXPECT_FALSE(lab.server->has_allocation(path));
  EXPECT_FALSE(lab.alice.agent.next_timeout().has_value());
}

TEST(IceRelay, SaysWhyAServerRefused) {
  Config config = relay_config(Policy::All);
  config.servers[0].credential.password = "wrong";
  Lab lab{config};
  lab.start_server();
  lab.add(lab.alice, Lab::kAlice);
  lab.start();
  lab.run_for(1s);
  ASSERT_EQ(lab.alice.of<ServerFailed>().size(), 1u);
  EXPECT_EQ(lab.alice.of<ServerFailed>()[0].code, stun::ErrorCode::Unauthenticated);
  EXPECT_EQ(lab.alice.agent.gathering_state(), GatheringState::Complete);
}

TEST(IceRelay, WhoseStreamBreaksIsLost) {
  Lab lab{relay_config(Policy::Relay, Carrier::Tcp), relay_config(Policy::Relay, Carrier::Tcp)};
  lab.start_server();
  lab.add_hosts();
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 10s));
  lab.alice.agent.handle_stream_closed(lab.now, lab.alice.of<StreamWanted>().at(0).stream);
  EXPECT_EQ(lab.alice.agent.state(), State::Disconnected);
  EXPECT_FALSE(lab.alice.agent.can_send(lab.now));
  lab.collect();
  lab.run_for(40s);
  EXPECT_EQ(lab.alice.agent.state(), State::Failed);
}

/// Bob listens, Alice connects (RFC 6544).
struct TcpLab : Lab {
  TcpLab() {
    is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
    add_hosts();
    alice.agent.add_local_tcp_address(now, {kAlice.address, 0});
    listen(bob, kListening);
  }

  static inline const Endpoint kListening = endpoint("192.0.2.2", 7000);
};

bool is_unwanted(const End& side, StreamId stream) {
  const auto all = side.of<StreamUnwanted>();
  return std::any_of(all.begin(), all.end(),
                     [&](const StreamUnwanted& one) { return one.stream == stream; });
}

TEST(IceTcp, ConnectsActiveToPassive) {
  TcpLab lab;
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
  const auto found = lab.alice.of<LocalCandidateFound>();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].candidate.tcp_type, TcpType::Active);
  EXPECT_EQ(found[1].candidate.endpoint.port, kActivePort);
  EXPECT_EQ(lab.bob.candidate(lab.bob.selected()->remote).type, CandidateType::PeerReflexive);
  expect_both_ways(lab);
  lab.run_for(60s);
  EXPECT_EQ(lab.alice.agent.state(), State::Connected);
  EXPECT_EQ(lab.bob.agent.state(), State::Connected);
}

TEST(IceTcp, IsLeftForUdp) {
  TcpLab lab;
  lab.is_blocked = [&](const Endpoint&, const Endpoint&) { return lab.now < Instant{1003s}; };
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 2s));
  EXPECT_EQ(lab.alice.candidate(lab.alice.selected()->remote).protocol, Protocol::Tcp);
  ASSERT_TRUE(lab.run_until(
      [&] {
        return lab.alice.candidate(lab.alice.selected()->remote).protocol == Protocol::Udp &&
               lab.bob.candidate(lab.bob.selected()->remote).protocol == Protocol::Udp;
      },
      8s));
  lab.collect();
  EXPECT_EQ(lab.alice.of<StreamUnwanted>().size(), 1u);
  expect_both_ways(lab);
}

TEST(IceTcp, AStreamThatBreaksIsOpenedAgain) {
  TcpLab lab;
  lab.start();
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
  const StreamId stream = lab.alice.of<StreamWanted>().at(0).stream;
  lab.alice.agent.handle_stream_closed(lab.now, stream);
  lab.bob.agent.handle_stream_closed(lab.now, StreamId{0});  // of nobody's: nothing happens
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.of<StreamWanted>().size() == 2; }, 10s));
  ASSERT_TRUE(lab.run_until([&] { return lab.alice.agent.can_send(lab.now); }, 10s));
}

TEST(IceTcp, AStreamThatBringsNoAnswerIsClosed) {
  TcpLab lab;
  lab.alice.agent.set_remote_credentials(lab.now, {"bobs", "0123456789abcdefghijkl"});
  lab.alice.agent.add_remote_candidate(
      lab.now, *Candidate::parse("1 1 tcp 9 192.0.2.66 1 typ host tcptype passive"));
  const auto event = [&] {  // Alice's alone: nobody is there to connect to
    while (auto one = lab.alice.agent.poll_event()) lab.alice.events.push_back(*std::move(one));
  };
  event();
  const StreamId stream = lab.alice.of<StreamWanted>().at(0).stream;
  lab.alice.agent.handle_stream_connected(lab.now, stream);
  lab.alice.agent.handle_timeout(lab.now + Check::kPatience);
  event();
  EXPECT_TRUE(is_unwanted(lab.alice, stream));
}

TEST(IceTcp, WhoConnectsAndSaysNothingIsSentAway) {
  TcpLab lab;
  lab.start();
  const auto stream =
      lab.bob.agent.handle_stream_accepted(lab.now, TcpLab::kListening, endpoint("203.0.113.9", 1));
  ASSERT_TRUE(stream.has_value());
  lab.run_for(4900ms);
  EXPECT_FALSE(is_unwanted(lab.bob, *stream));
  lab.run_for(200ms);
  EXPECT_TRUE(is_unwanted(lab.bob, *stream));
}

TEST(IceTcp, WhoConnectsAndSaysSomethingElseThanACheckIsSentAwayAtOnce) {
  TcpLab lab;
  lab.start();
  const std::vector<std::byte> hello{std::byte{22}, std::byte{254}, std::byte{253}};
  for (const auto& first : {hello, std::vector<std::byte>(20)}) {
    const auto stream = lab.bob.agent.handle_stream_accepted(lab.now, TcpLab::kListening,
                                                             endpoint("203.0.113.9", 1));
    ASSERT_TRUE(stream.has_value());
    EXPECT_FALSE(lab.bob.agent.handle_frame(lab.now, *stream, first).has_value());
    lab.collect();
    EXPECT_TRUE(is_unwanted(lab.bob, *stream));
    EXPECT_FALSE(lab.bob.agent.handle_frame(lab.now, *stream, first).has_value());
  }
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
}

TEST(IceTcp, StrangersWhoSayNothingKeepNobodyOut) {
  TcpLab lab;
  lab.start();
  for (std::uint16_t port = 1; port < 100; ++port) {
    EXPECT_TRUE(lab.bob.agent.handle_stream_accepted(lab.now, TcpLab::kListening,
                                                     endpoint("203.0.113.9", port)));
  }
  lab.collect();
  EXPECT_EQ(lab.bob.of<StreamUnwanted>().size(), 99u - 8u);
  ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }, 5s));
}

TEST(IceTcp, AcceptsOnlyWhereItListens) {
  TcpLab lab;
  lab.start();
  EXPECT_FALSE(lab.bob.agent.handle_stream_accepted(lab.now, endpoint("192.0.2.2", 1),
                                                    endpoint("203.0.113.9", 1)));
}

}  // namespace
}  // namespace duet::ice
