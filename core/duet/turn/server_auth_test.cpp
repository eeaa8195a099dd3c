// SPDX-License-Identifier: MIT
// Tests of who may ask.
#include <duet/turn/test_lab.hpp>

#include <gtest/gtest.h>

namespace duet::turn {
namespace {

TEST(TurnAuth, ChallengesInAtMost120Bytes) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const auto packets =
      lab.give(client.path, client.unsigned_request(Method::Allocate, [](stun::Writer& w) {
        TestClient::ask_udp(w);
        w.add_fingerprint();
      }));
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].code(), 401);
  EXPECT_LE(packets[0].bytes.size(), 120u);
  const auto message = packets[0].message();
  EXPECT_EQ(message.text(AttributeType::Realm), "duet");
  EXPECT_TRUE(stun::nonce_features(message.text(AttributeType::Nonce))->password_algorithms);
  EXPECT_TRUE(message.has(AttributeType::PasswordAlgorithms));
  EXPECT_TRUE(message.has_fingerprint());
  EXPECT_FALSE(message.has_integrity_sha1());
  EXPECT_FALSE(message.has(AttributeType::Software));
}

TEST(TurnAuth, TakesEveryKindOfSignature) {
  for (const auto algorithm :
       {std::optional<stun::PasswordAlgorithm>{}, std::optional{stun::PasswordAlgorithm::Md5},
        std::optional{stun::PasswordAlgorithm::Sha256}}) {
    for (const bool sha256 : {false, true}) {
      for (const bool userhash : {false, true}) {
        Lab lab;
        TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
        client.algorithm = algorithm;
        client.sha256 = sha256;
        client.use_userhash = userhash;
        const Packet answer = client.allocate();
        EXPECT_EQ(answer.code(), 0);
        const stun::LongTermKey key{algorithm.value_or(stun::PasswordAlgorithm::Md5), "alice",
                                    "duet", "wonder"};
        // RFC 8489 §9.2.4: who names an algorithm is answered with SHA-256.
        const bool by_sha256 = sha256 || algorithm;
        EXPECT_EQ(answer.message().check_integrity_sha256(key.bytes()), by_sha256);
        EXPECT_EQ(answer.message().check_integrity_sha1(key.bytes()), !by_sha256);
        EXPECT_EQ(client.refresh(0).code(), 0);
      }
    }
  }
}

TEST(TurnAuth, RefusesWrongPasswordsNamesAndHalfCredentials) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000), {"alice", "wrong"}};
  EXPECT_EQ(client.allocate().code(), 401);
  client.credential = {"mallory", "wonder"};
  EXPECT_EQ(client.allocate().code(), 401);
  EXPECT_EQ(lab.refused(Reason::WrongCredential), 2u);
  const auto packets =
      lab.give(client.path, client.unsigned_request(Method::Allocate, [](stun::Writer& w) {
        w.add(AttributeType::Username, "alice");
        w.add_integrity_sha1(as_bytes("x"));
      }));
  EXPECT_EQ(packets.at(0).code(), 400);
}

TEST(TurnAuth, RefusesAnOfferThatWasChangedOnTheWay) {  // RFC 8489 §9.2.4
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.challenge();
  const auto with = [&](bool offer, bool name) {
    return lab.give(client.path, client.signed_request(Method::Allocate, [&](stun::Writer& w) {
      TestClient::ask_udp(w);
      if (offer) w.add(AttributeType::PasswordAlgorithms, std::string_view{"\0\1\0\0", 4});
      if (name) w.add(AttributeType::PasswordAlgorithm, std::string_view{"\0\1\0\0", 4});
    }));
  };
  EXPECT_EQ(with(true, true).at(0).code(), 400);
  EXPECT_EQ(with(true, false).at(0).code(), 400);
  EXPECT_EQ(with(false, true).at(0).code(), 400);
}

TEST(TurnAuth, AnswersAStaleNonceWithAFreshOne) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.challenge();
  lab.wait(61min);
  const Packet stale = client.allocate();
  EXPECT_EQ(stale.code(), 438);
  EXPECT_LE(stale.bytes.size(), 120u);
  client.learn(stale);
  EXPECT_EQ(client.allocate().code(), 0);
}

TEST(TurnAuth, TakesANonceFromNobodyElse) {  // RFC 8489 §9.2.4
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  client.challenge();
  TestClient neighbour{lab, TestClient::udp("203.0.113.5", 4001)};
  neighbour.challenge();  // in the same second
  EXPECT_NE(neighbour.nonce, client.nonce);
  neighbour.nonce = client.nonce;
  EXPECT_EQ(neighbour.allocate().code(), 438);
  TestClient other{lab, TestClient::udp("203.0.113.6", 4000)};
  other.nonce = client.nonce;
  EXPECT_EQ(other.allocate().code(), 438);
  for (const char* made_up : {"obMatJos2wAAA", "obMatJos2gAAA", "x", "obMatJos2gAAAAAAAAAAA"}) {
    other.nonce = made_up;
    EXPECT_EQ(other.allocate().code(), 438) << made_up;
  }
}

TEST(TurnAuth, TakesNamesThatCarryTheirEndUntilThen) {
  Lab lab;
  const auto wall = kWallClock + 1000s;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000),
                    make_time_limited(kSecret, "seat", wall + 10s)};
  EXPECT_EQ(client.allocate().code(), 0);
  lab.wait(120s);
  // A relayed call outlives its credential; nobody begins another with it.
  EXPECT_EQ(client.permit({client.relayed}).code(), 0);
  EXPECT_EQ(client.refresh(600).code(), 0);
  TestClient late{lab, TestClient::udp("203.0.113.5", 4001), client.credential};
  EXPECT_EQ(late.allocate().code(), 401);
  TestClient forged{lab, TestClient::udp("203.0.113.5", 4002),
                    make_time_limited("south", "seat", wall + 1000s)};
  EXPECT_EQ(forged.allocate().code(), 401);
}

TEST(TurnAuth, KeepsAllocationsApartByUser) {
  Lab lab;
  TestClient alice{lab, TestClient::udp("203.0.113.5", 4000)};
  EXPECT_EQ(alice.allocate().code(), 0);
  TestClient bob{lab, alice.path, {"bob", "builder"}};
  EXPECT_EQ(bob.refresh(0).code(), 441);
  EXPECT_EQ(bob.permit({endpoint("192.0.2.1", 1)}).code(), 441);
  EXPECT_EQ(bob.allocate().code(), 437);
  EXPECT_EQ(alice.refresh(0).code(), 0);
  EXPECT_EQ(alice.refresh(600).code(), 437);
}

TEST(TurnAuth, ListsWhatItDoesNotKnow) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000)};
  const Packet answer =
      client.allocate([](stun::Writer& w) { w.add_u32(AttributeType{0x7123}, 0); });
  EXPECT_EQ(answer.code(), 420);
  EXPECT_EQ(answer.message().text(AttributeType::UnknownAttributes), "\x71\x23");
  EXPECT_TRUE(answer.message().has_integrity_sha1());
}

TEST(TurnAuth, StopsAnsweringWhoGuesses) {
  Lab lab;
  TestClient client{lab, TestClient::udp("203.0.113.5", 4000), {"alice", "guess"}};
  client.challenge();
  std::size_t answers = 0;
  for (int i = 0; i < 200; ++i) {
    answers +=
        lab.give(client.path, client.signed_request(Method::Allocate, TestClient::ask_udp)).size();
  }
  EXPECT_LE(answers, 50u);
  TestClient right{lab, TestClient::udp("203.0.113.9", 4000)};
  EXPECT_EQ(right.allocate().code(), 0);
  lab.wait(60s);
  EXPECT_EQ(client.allocate().code(), 401);
}

TEST(TurnAuth, GivesAFreshNonceToWhoHasAnAllocationThoughNeighboursFlood) {
  Lab lab;
  TestClient call{lab, TestClient::udp("203.0.113.5", 4000)};
  ASSERT_EQ(call.allocate().code(), 0);
  ASSERT_EQ(call.refresh(3600).code(), 0);
  lab.wait(59min);
  ASSERT_EQ(call.refresh(3600).code(), 0);
  lab.wait(2min);
  TestClient neighbour{lab, TestClient::udp("203.0.113.5", 4001)};
  const auto flood = neighbour.unsigned_request(Method::Binding, [](stun::Writer&) {});
  while (!lab.give(neighbour.path, flood).empty()) continue;
  const Packet stale = call.refresh(600);
  EXPECT_EQ(stale.code(), 438);
  call.learn(stale);
  EXPECT_EQ(call.refresh(600).code(), 0);
}

TEST(TurnAuth, HearsWhoHasAnAllocationThoughNeighboursGuess) {
  Lab lab;
  TestClient call{lab, TestClient::udp("203.0.113.5", 4000)};
  ASSERT_EQ(call.allocate().code(), 0);
  TestClient guesser{lab, TestClient::udp("203.0.113.5", 4001), {"alice", "guess"}};
  guesser.challenge();
  const auto guess = [&](TestClient& client, Method method) {
    return lab.give(client.path, client.signed_request(method, TestClient::ask_udp)).size();
  };
  for (int i = 0; i < 100; ++i) guess(guesser, Method::Allocate);
  EXPECT_EQ(guess(guesser, Method::Allocate), 0u);
  EXPECT_EQ(call.refresh(600).code(), 0);
  // The path of an allocation is no way to go on guessing, be it with that name or another.
  call.credential.password = "guess";
  EXPECT_EQ(guess(call, Method::Refresh), 0u);
  call.credential = {"bob", "builder"};
  EXPECT_EQ(guess(call, Method::Refresh), 0u);
}

}  // namespace
}  // namespace duet::turn
