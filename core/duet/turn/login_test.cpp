// SPDX-License-Identifier: MIT
// Tests of how a client answers challenges.
#include <duet/turn/login.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using stun::PasswordAlgorithm;
using Challenged = Login::Challenged;

constexpr std::string_view kPlainNonce = "f//499k954d6OL34oL9FSTvy64sA";
const std::string kModernNonce = stun::nonce_prefix({.password_algorithms = true}) + "x";
constexpr std::string_view kBoth{"\0\2\0\0\0\1\0\0", 8};
constexpr std::string_view kOnlyMd5{"\0\1\0\0", 4};
constexpr std::string_view kUnknown{"\0\x09\0\0", 4};

/// A challenge as bytes; empty texts are left out.
struct Challenge {
  std::string nonce{kPlainNonce};
  std::string realm = "example.org";
  std::string_view algorithms;
  ErrorCode code = ErrorCode::Unauthenticated;
};

std::vector<std::byte> to_bytes(const Challenge& challenge) {
  std::array<std::byte, 4096> buffer{};
  stun::Writer writer{buffer, {stun::Class::Error, stun::Method::Allocate}, {}};
  writer.add_error(challenge.code);
  if (!challenge.realm.empty()) writer.add(AttributeType::Realm, challenge.realm);
  if (!challenge.nonce.empty()) writer.add(AttributeType::Nonce, challenge.nonce);
  if (!challenge.algorithms.empty()) {
    writer.add(AttributeType::PasswordAlgorithms, challenge.algorithms);
  }
  const auto bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

struct TurnLogin : testing::Test {
  Login login{{"alice", "wonder"}};
  Login::Signature last;
  std::vector<std::byte> request;

  Challenged challenge(const Challenge& challenge) {
    const auto bytes = to_bytes(challenge);
    return login.handle_challenge(*stun::Message::parse(bytes), challenge.code, last);
  }

  stun::Message sign() {
    request.assign(2048, {});
    stun::Writer writer{request, {stun::Class::Request, stun::Method::Allocate}, {}};
    last = login.sign(writer);
    request.resize(writer.finish().size());
    return *stun::Message::parse(request);
  }

  static stun::LongTermKey key(PasswordAlgorithm algorithm) {
    return {algorithm, "alice", "example.org", "wonder"};
  }
};

TEST_F(TurnLogin, SaysNothingBeforeItIsAsked) {  // RFC 8489 §9.2.3.1
  const auto message = sign();
  EXPECT_EQ(message.begin(), message.end());
  EXPECT_FALSE(message.has_integrity_sha1() || message.has_integrity_sha256());
}

TEST_F(TurnLogin, AnswersAnOldServerWithMd5AndSha1) {
  EXPECT_EQ(challenge({}), Challenged::Retry);
  const auto message = sign();
  EXPECT_EQ(message.text(AttributeType::Username), "alice");
  EXPECT_EQ(message.text(AttributeType::Realm), "example.org");
  EXPECT_EQ(message.text(AttributeType::Nonce), kPlainNonce);
  EXPECT_FALSE(message.has(AttributeType::PasswordAlgorithm));
  EXPECT_FALSE(message.has_integrity_sha256());
  EXPECT_TRUE(message.check_integrity_sha1(key(PasswordAlgorithm::Md5).bytes()));
}

TEST_F(TurnLogin, TakesTheFirstAlgorithmItKnowsAndRepeatsTheOffer) {  // RFC 8489 §9.2.5
  EXPECT_EQ(challenge({.nonce = kModernNonce, .algorithms = kBoth}), Challenged::Retry);
  const auto message = sign();
  EXPECT_EQ(message.text(AttributeType::PasswordAlgorithms), kBoth);
  EXPECT_EQ(message.text(AttributeType::PasswordAlgorithm), (std::string_view{"\0\2\0\0", 4}));
  EXPECT_FALSE(message.has_integrity_sha1());
  EXPECT_TRUE(message.check_integrity_sha256(key(PasswordAlgorithm::Sha256).bytes()));
}

TEST_F(TurnLogin, UsesSha256WhereOnlyMd5IsOffered) {
  EXPECT_EQ(challenge({.nonce = kModernNonce, .algorithms = kOnlyMd5}), Challenged::Retry);
  EXPECT_TRUE(sign().check_integrity_sha256(key(PasswordAlgorithm::Md5).bytes()));
}

TEST_F(TurnLogin, HidesItsNameWhereTheNonceSaysSo) {
  const std::string nonce =
      stun::nonce_prefix({.password_algorithms = true, .username_anonymity = true});
  EXPECT_EQ(challenge({.nonce = nonce, .algorithms = kBoth}), Challenged::Retry);
  const auto message = sign();
  EXPECT_FALSE(message.has(AttributeType::Username));
  const auto hash = stun::userhash("alice", "example.org");
  EXPECT_EQ(message.text(AttributeType::Userhash), as_text(hash));
}

TEST_F(TurnLogin, NoticesAnOfferThatWasTakenOut) {
  EXPECT_EQ(challenge({.nonce = kModernNonce}), Challenged::BidDown);
  EXPECT_EQ(challenge({.nonce = kModernNonce, .algorithms = kBoth}), Challenged::Retry);
  sign();
  // Once there was an offer, none is less, whatever the nonce says; so is a weaker one.
  for (const auto& nonce : {std::string{kPlainNonce}, kModernNonce}) {
    for (const auto code : {ErrorCode::Unauthenticated, ErrorCode::StaleNonce}) {
      EXPECT_EQ(challenge({.nonce = nonce, .code = code}), Challenged::BidDown);
      EXPECT_EQ(challenge({.nonce = nonce, .algorithms = kOnlyMd5, .code = code}),
                Challenged::BidDown);
    }
  }
  EXPECT_TRUE(sign().check_integrity_sha256(key(PasswordAlgorithm::Sha256).bytes()));
}

TEST_F(TurnLogin, GivesUpOnAlgorithmsItDoesNotKnow) {
  EXPECT_EQ(challenge({.nonce = kModernNonce, .algorithms = kUnknown}), Challenged::Refused);
  EXPECT_EQ(challenge({.nonce = kModernNonce, .algorithms = "xyz"}), Challenged::Refused);
  EXPECT_FALSE(sign().has_integrity_sha256());
}

TEST_F(TurnLogin, RetriesOnlyWithSomethingNew) {  // RFC 8489 §9.2.5
  EXPECT_EQ(challenge({}), Challenged::Retry);
  sign();
  EXPECT_EQ(challenge({}), Challenged::Refused);
  EXPECT_EQ(challenge({.nonce = "another"}), Challenged::Refused);
  EXPECT_EQ(challenge({.nonce = "another", .code = ErrorCode::StaleNonce}), Challenged::Retry);
  EXPECT_EQ(challenge({.realm = "example.net"}), Challenged::Retry);
  sign();
  EXPECT_EQ(challenge({.realm = "example.net"}), Challenged::Refused);
}

TEST_F(TurnLogin, KeepsItsNameUntilTheServerTakesItNoMore) {  // RFC 8656 §5
  EXPECT_EQ(challenge({}), Challenged::Retry);
  login.set_credential({"alice2", "glass"});
  EXPECT_EQ(sign().text(AttributeType::Username), "alice");
  EXPECT_EQ(challenge({.nonce = "2", .code = ErrorCode::StaleNonce}), Challenged::Retry);
  EXPECT_EQ(sign().text(AttributeType::Username), "alice");
  EXPECT_EQ(challenge({}), Challenged::Retry);
  EXPECT_EQ(sign().text(AttributeType::Username), "alice2");
  EXPECT_EQ(challenge({}), Challenged::Refused);
  login.set_credential({std::string(509, 'x'), "p"});  // is none
  EXPECT_EQ(challenge({}), Challenged::Refused);
}

TEST_F(TurnLogin, KeepsTheRealmWhereAStaleNonceBringsNone) {
  EXPECT_EQ(challenge({.realm = "", .code = ErrorCode::StaleNonce}), Challenged::Malformed);
  EXPECT_EQ(challenge({}), Challenged::Retry);
  EXPECT_EQ(challenge({.nonce = "new", .realm = "", .code = ErrorCode::StaleNonce}),
            Challenged::Retry);
  EXPECT_EQ(sign().text(AttributeType::Realm), "example.org");
  EXPECT_EQ(sign().text(AttributeType::Nonce), "new");
}

TEST_F(TurnLogin, RemembersNoMoreThanTheRfcAllows) {
  const std::string longest(763, 'x');
  EXPECT_EQ(challenge({.nonce = longest, .realm = longest}), Challenged::Retry);
  EXPECT_EQ(challenge({.nonce = longest + "x"}), Challenged::Malformed);
  EXPECT_EQ(challenge({.realm = longest + "x"}), Challenged::Malformed);
  EXPECT_EQ(challenge({.realm = ""}), Challenged::Malformed);
  EXPECT_EQ(challenge({.nonce = ""}), Challenged::Malformed);
  EXPECT_EQ(challenge({.algorithms = std::string_view{longest}.substr(0, 68)}),
            Challenged::Malformed);
}

TEST_F(TurnLogin, HasNoNameThatNoMessageCouldCarry) {
  login.set_credential({std::string(509, 'x'), "p"});  // before anything was asked
  EXPECT_TRUE(login.is_anonymous());
  EXPECT_EQ(challenge({}), Challenged::Refused);
  login.set_credential({std::string(508, 'x'), "p"});
  EXPECT_FALSE(login.is_anonymous());
}

TEST_F(TurnLogin, TellsTheServersAnswersFromOthers) {  // RFC 8489 §9.2.5
  const auto answer = [&](bool sha256, const stun::LongTermKey& with, std::size_t size = 32) {
    std::array<std::byte, 128> buffer{};
    stun::Writer writer{buffer, {stun::Class::Success, stun::Method::Refresh}, {}};
    if (sha256) {
      writer.add_integrity_sha256(with.bytes(), size);
    } else {
      writer.add_integrity_sha1(with.bytes());
    }
    return Login::is_authentic(*stun::Message::parse(writer.finish()), last);
  };
  const auto md5 = key(PasswordAlgorithm::Md5);
  const auto sha = key(PasswordAlgorithm::Sha256);
  challenge({});
  sign();
  EXPECT_TRUE(answer(false, md5));
  EXPECT_TRUE(answer(true, md5));
  EXPECT_FALSE(answer(false, {PasswordAlgorithm::Md5, "alice", "example.org", "guess"}));
  challenge({.nonce = kModernNonce, .algorithms = kBoth});
  sign();
  EXPECT_TRUE(answer(true, sha));
  EXPECT_FALSE(answer(true, sha, 16));
  EXPECT_FALSE(answer(false, sha));
  EXPECT_FALSE(answer(true, md5));
}

}  // namespace
}  // namespace duet::turn
