// SPDX-License-Identifier: MIT
// Tests of an agent under strangers: what isn't authentic changes nothing, and all has an end.
#include <duet/ice/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::ice {
namespace {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;

const Endpoint kStranger = endpoint("203.0.113.66", 666);

/// A connected pair, and checks by hand.
class IceSafety : public testing::Test {
 protected:
  void connect() {
    lab.add_hosts();
    lab.start();
    ASSERT_TRUE(lab.run_until([&] { return lab.are_connected(); }));
    lab.run_for(100ms);
    lab.alice.events.clear();
  }

  Credentials alices() const { return lab.alice.agent.local_credentials(); }

  Credentials bobs() const { return lab.bob.agent.local_credentials(); }

  std::vector<std::byte> check(const Credentials& from, const Credentials& to,
                               CheckContent content = {Role::Controlled, 1, 1000, false}) {
    std::array<std::byte, kMaxCheckSize> buffer{};
    ++id_[0];
    stun::TransactionId id{};
    id[0] = static_cast<std::byte>(id_[0]);
    id[1] = static_cast<std::byte>(id_[0] >> 8);
    return copy(write_check(buffer, id, from, to, content));
  }

  /// What Alice answers to a packet, taken from the wire.
  std::vector<std::vector<std::byte>> give(const Endpoint& from, std::span<const std::byte> bytes) {
    std::vector<std::vector<std::byte>> answers;
    EXPECT_FALSE(lab.give(lab.alice, Lab::kAlice, from, bytes).has_value());
    while (const auto out = lab.alice.agent.poll_transmit(lab.now)) {
      answers.push_back(copy(out->payload));
    }
    while (const auto event = lab.alice.agent.poll_event()) lab.alice.events.push_back(*event);
    return answers;
  }

  std::optional<ErrorCode> error_in(std::span<const std::byte> bytes) {
    const auto message = stun::Message::parse(bytes);
    if (!message || message->klass() != Class::Error) return std::nullopt;
    EXPECT_TRUE(message->check_integrity_sha1(as_bytes(alices().pwd)));
    return stun::parse_error_code(*message->find(AttributeType::ErrorCode))->code;
  }

  std::uint64_t dropped(Drop reason) const { return lab.alice.agent.counters().of(reason); }

  Lab lab;
  std::array<unsigned, 1> id_{};
};

TEST_F(IceSafety, ChecksWithoutTheRightPasswordChangeNothing) {
  connect();
  const auto before = lab.alice.agent.pair_stats().size();
  Credentials wrong = alices();
  wrong.pwd[3] = wrong.pwd[3] == 'a' ? 'b' : 'a';
  EXPECT_TRUE(give(kStranger, check(bobs(), wrong)).empty());
  EXPECT_EQ(dropped(Drop::WrongIntegrity), 1u);
  EXPECT_EQ(lab.alice.agent.pair_stats().size(), before);
  EXPECT_TRUE(lab.alice.events.empty());
  EXPECT_TRUE(lab.are_connected());
}

TEST_F(IceSafety, ChecksForAnotherNameChangeNothing) {
  connect();
  EXPECT_TRUE(give(kStranger, check(bobs(), {"else", alices().pwd})).empty());
  EXPECT_TRUE(give(kStranger, check({"else", ""}, alices())).empty());
  EXPECT_EQ(dropped(Drop::UnknownUfrag), 2u);
  EXPECT_TRUE(lab.alice.events.empty());
}

TEST_F(IceSafety, ChecksWithoutOrWithAWrongFingerprintChangeNothing) {
  connect();
  auto bytes = check(bobs(), alices());
  bytes.back() ^= std::byte{1};
  EXPECT_TRUE(give(kStranger, bytes).empty());
  bytes = check(bobs(), alices());
  bytes.resize(bytes.size() - 8);
  bytes[3] = static_cast<std::byte>(std::to_integer<unsigned>(bytes[3]) - 8);
  EXPECT_TRUE(give(kStranger, bytes).empty());
  EXPECT_EQ(dropped(Drop::NotStun), 2u);
  EXPECT_TRUE(lab.alice.events.empty());
}

TEST_F(IceSafety, AStrangersClientHelloIsDropped) {
  connect();
  const std::vector<std::byte> hello{std::byte{22}, std::byte{254}, std::byte{253}};
  EXPECT_TRUE(give(kStranger, hello).empty());
  EXPECT_EQ(dropped(Drop::NotFromPeer), 1u);
  EXPECT_TRUE(lab.give(lab.alice, Lab::kAlice, Lab::kBob, hello).has_value());
}

TEST_F(IceSafety, AClientHelloBeforeAnyCheckIsDropped) {
  lab.add_hosts();
  lab.start();
  const std::vector<std::byte> hello{std::byte{22}, std::byte{254}, std::byte{253}};
  EXPECT_FALSE(lab.give(lab.alice, Lab::kAlice, Lab::kBob, hello).has_value());
  EXPECT_EQ(dropped(Drop::NotFromPeer), 1u);
}

TEST_F(IceSafety, ForgedAnswersDoNotEndAnything) {
  // Whoever sees the check can answer it, but can't sign.
  std::vector<std::byte> seen;
  lab.on_packet = [&](End& from, std::span<const std::byte> bytes) {
    if (&from == &lab.alice && seen.empty()) seen = copy(bytes);
  };
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  lab.add_hosts();
  lab.start();
  ASSERT_FALSE(seen.empty());
  const auto request = stun::Message::parse(seen);
  std::array<std::byte, 256> buffer{};
  for (const ErrorCode code : {ErrorCode::RoleConflict, ErrorCode::BadRequest}) {
    give(Lab::kBob, write_refusal(buffer, request->id(), code, {"x", "not the password of Bob"}));
  }
  give(Lab::kBob, write_answer(buffer, request->id(), Lab::kAlice, {"x", "nor this one"}));
  EXPECT_EQ(dropped(Drop::ForgedAnswer), 3u);
  EXPECT_EQ(lab.alice.agent.role(), Role::Controlling);
  EXPECT_TRUE(lab.alice.of<CheckFailed>().empty());
  EXPECT_FALSE(lab.alice.agent.can_send(lab.now));
}

TEST_F(IceSafety, AnswersToNothingAreDropped) {
  connect();
  const auto before = dropped(Drop::UnknownAnswer);
  std::array<std::byte, 256> buffer{};
  give(Lab::kBob, write_answer(buffer, {}, Lab::kAlice, bobs()));
  EXPECT_EQ(dropped(Drop::UnknownAnswer), before + 1);
  EXPECT_TRUE(lab.alice.events.empty());
}

TEST_F(IceSafety, MeaninglessButAuthenticRequestsGetASignedRefusal) {
  connect();
  std::array<std::byte, 512> buffer{};
  const auto build = [&](const auto& fill) {
    stun::Writer writer{buffer, {Class::Request, Method::Binding}, {}};
    writer.add(AttributeType::Username, alices().ufrag + ':' + bobs().ufrag);
    fill(writer);
    writer.add_integrity_sha1(as_bytes(alices().pwd));
    writer.add_fingerprint();
    return copy(writer.finish());
  };
  auto answers = give(Lab::kBob, build([](stun::Writer&) {}));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(error_in(answers[0]), ErrorCode::BadRequest);
  answers = give(Lab::kBob, build([](stun::Writer& w) {
                   w.add_u32(AttributeType::Priority, 5);
                   w.add(AttributeType::IceControlled, std::string_view{"12345678"});
                   w.add_u32(AttributeType{0x7FFF}, 0);
                 }));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(error_in(answers[0]), ErrorCode::UnknownAttribute);
  EXPECT_TRUE(lab.are_connected());
}

TEST_F(IceSafety, PeerReflexiveCandidatesHaveABound) {
  connect();
  for (std::uint16_t port = 1; port <= 500; ++port) {
    give({kStranger.address, port}, check(bobs(), alices()));
  }
  EXPECT_LE(lab.alice.agent.pair_stats().size(), 1 + Limits{}.peer_reflexive);
  EXPECT_LE(lab.alice.agent.candidate_stats().size(), 2 + Limits{}.peer_reflexive);
  EXPECT_GT(dropped(Drop::TooMany), 400u);
}

TEST_F(IceSafety, AFailedPeerReflexiveCandidateMakesRoom) {
  connect();
  for (std::uint16_t port = 1; port <= 100; ++port) {
    give({kStranger.address, port}, check(bobs(), alices()));
  }
  const auto before = dropped(Drop::TooMany);
  lab.run_for(10s);
  give({kStranger.address, 1000}, check(bobs(), alices()));
  EXPECT_EQ(dropped(Drop::TooMany), before);
  const auto known = lab.alice.agent.candidate_stats();
  EXPECT_TRUE(std::any_of(known.begin(), known.end(), [](const CandidateStats& one) {
    return one.candidate.endpoint == Endpoint{kStranger.address, 1000};
  }));
  EXPECT_LE(known.size(), 2 + Limits{}.peer_reflexive);
  EXPECT_TRUE(lab.are_connected());
}

TEST_F(IceSafety, CandidatesOfEveryTypeHaveABound) {
  for (const auto* type : {"host", "srflx", "prflx", "relay"}) {
    SCOPED_TRACE(type);
    Lab other;
    other.add_hosts();
    other.start();
    for (std::uint16_t port = 1; port <= 500; ++port) {
      Candidate candidate =
          *Candidate::parse(std::string{"1 1 udp 2130706431 192.0.2.9 1 typ "} + type);
      candidate.endpoint.port = port;
      other.alice.agent.add_remote_candidate(other.now, candidate);
    }
    EXPECT_LE(other.alice.agent.candidate_stats().size(), 1 + Limits{}.remote_candidates);
  }
}

TEST_F(IceSafety, CandidatesByTheThousandHaveABound) {
  lab.add_hosts();
  lab.start();
  int taken = 0;
  for (std::uint16_t port = 1; port <= 5000; ++port) {
    Candidate candidate = *Candidate::parse("1 1 udp 2130706431 192.0.2.9 1 typ host");
    candidate.endpoint.port = port;
    if (lab.alice.agent.add_remote_candidate(lab.now, candidate)) ++taken;
  }
  EXPECT_LE(taken, static_cast<int>(Limits{}.remote_candidates));
  EXPECT_LE(lab.alice.agent.pair_stats().size(), Limits{}.pairs);
  lab.collect();
  // What can be made to go to a victim, who never answers.
  lab.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  const int before = lab.alice.packets_sent;
  lab.run_for(60s);
  EXPECT_LT(lab.alice.packets_sent - before, static_cast<int>(Limits{}.pairs) * 11);
}

TEST(IceSafetyOfOthers, ManyChecksGoOutAtTheirPace) {  // RFC 8445 §14.2
  Lab other;
  other.is_blocked = [](const Endpoint&, const Endpoint&) { return true; };
  other.add_hosts();
  other.exchange_credentials();
  int first = 0;
  other.on_packet = [&](End&, std::span<const std::byte>) { ++first; };
  for (std::uint16_t i = 1; i <= 60; ++i) {
    other.tell(other.alice, *Candidate::parse("f" + std::to_string(i) + " 1 udp 99 192.0.2." +
                                              std::to_string(i + 9) + " 9 typ host"));
  }
  other.collect();
  EXPECT_EQ(first, Pacer::kBurst);
  other.run_for(50ms);
  EXPECT_EQ(first, Pacer::kBurst + 10);
}

TEST_F(IceSafety, CandidatesThatMayNotBeCheckedAreRefused) {
  lab.add_hosts();
  lab.start();
  const auto error = [&](std::string_view text) {
    const auto added = lab.alice.agent.add_remote_candidate(lab.now, *Candidate::parse(text));
    EXPECT_FALSE(added.has_value()) << text;
    return added ? AddError::Closed : added.error();
  };
  EXPECT_EQ(error("1 1 udp 9 127.0.0.1 9 typ host"), AddError::Unusable);
  EXPECT_EQ(error("1 1 udp 9 ::1 9 typ host"), AddError::Unusable);
  EXPECT_EQ(error("1 1 udp 9 224.0.0.1 9 typ host"), AddError::Unusable);
  EXPECT_EQ(error("1 1 udp 9 255.255.255.255 9 typ host"), AddError::Unusable);
  EXPECT_EQ(error("1 1 udp 9 ff02::1 9 typ host"), AddError::Unusable);
  EXPECT_EQ(error("1 1 udp 9 0.0.0.0 9 typ host"), AddError::Unusable);
  EXPECT_EQ(error("1 1 udp 9 192.0.2.9 0 typ host"), AddError::Unusable);
  EXPECT_EQ(error("1 2 udp 9 192.0.2.9 9 typ host"), AddError::OtherComponent);
  EXPECT_EQ(error("1 1 udp 9 example.com 9 typ host"), AddError::UnknownName);
  EXPECT_EQ(error("1 1 udp 9 192.0.2.9 9 typ host ufrag old1"), AddError::OtherGeneration);
}

TEST_F(IceSafety, ANameThatMeansThisMachineIsNotChecked) {
  lab.add_hosts();
  lab.start();
  lab.tell(lab.alice, *Candidate::parse("1 1 udp 9 evil.local 9 typ host"));
  lab.alice.agent.handle_resolved(lab.now, "evil.local", IpAddress::parse("127.0.0.1"));
  for (const CandidateStats& stats : lab.alice.agent.candidate_stats()) {
    EXPECT_NE(stats.candidate.name, "evil.local");
  }
}

TEST_F(IceSafety, ConsentTakenBackEndsSending) {  // RFC 7675 §5.2
  connect();
  std::vector<std::byte> consent;
  lab.on_packet = [&](End& from, std::span<const std::byte> bytes) {
    const auto message = stun::Message::parse(bytes);
    if (&from == &lab.alice && message && message->klass() == Class::Request) consent = copy(bytes);
  };
  ASSERT_TRUE(lab.run_until([&] { return !consent.empty(); }, 10s));
  std::array<std::byte, 256> buffer{};
  const auto id = stun::Message::parse(consent)->id();
  give(Lab::kBob, write_refusal(buffer, id, ErrorCode::Forbidden, bobs()));
  EXPECT_FALSE(lab.alice.agent.can_send(lab.now));
  EXPECT_EQ(lab.alice.agent.state(), State::Failed);
}

TEST_F(IceSafety, NothingIsSaidAfterClose) {
  connect();
  lab.alice.agent.close(lab.now);
  EXPECT_TRUE(give(Lab::kBob, check(bobs(), alices())).empty());
  EXPECT_FALSE(lab.alice.agent.send(lab.now, as_bytes("x")).has_value());
  EXPECT_FALSE(lab.alice.agent.next_timeout().has_value());
  lab.alice.agent.restart(lab.now);
  lab.alice.agent.add_local_address(lab.now, endpoint("192.0.2.77", 1));
  lab.alice.agent.end_of_remote_candidates(lab.now);
  EXPECT_EQ(lab.alice.agent.state(), State::Closed);
}

TEST_F(IceSafety, APolicyOfRelaysAnswersNobodyDirectly) {
  Config config;
  config.policy = Policy::Relay;
  Lab hidden{config, {}};
  hidden.add_hosts();
  hidden.start();
  std::array<std::byte, kMaxCheckSize> buffer{};
  const auto bytes =
      write_check(buffer, {}, hidden.bob.agent.local_credentials(),
                  hidden.alice.agent.local_credentials(), {Role::Controlled, 1, 1, false});
  hidden.give(hidden.alice, Lab::kAlice, Lab::kBob, bytes);
  EXPECT_FALSE(hidden.alice.agent.poll_transmit(hidden.now).has_value());
  hidden.run_for(1s);
  EXPECT_EQ(hidden.alice.packets_sent, 0);
}

}  // namespace
}  // namespace duet::ice
