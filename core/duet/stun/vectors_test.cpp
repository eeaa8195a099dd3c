// SPDX-License-Identifier: MIT
// The RFCs' own sample messages.
#include <duet/stun/address.hpp>
#include <duet/stun/credential.hpp>
#include <duet/stun/message.hpp>
#include <duet/stun/test_vectors.hpp>

#include <gtest/gtest.h>

namespace duet::stun {
namespace {

TEST(StunVectors, ReadsTheSampleRequest) {  // RFC 5769 §2.1
  const auto bytes = from_hex(kSampleRequest);
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type(), (MessageType{Class::Request, Method::Binding}));
  EXPECT_EQ(message->text(AttributeType::Software), "STUN test client");
  EXPECT_EQ(message->text(AttributeType::Username), "evtj:h6vY");
  EXPECT_EQ(message->u32(AttributeType::Priority), 0x6e0001ffu);
  EXPECT_TRUE(message->has(AttributeType::IceControlled));
  EXPECT_TRUE(message->has_fingerprint());
  EXPECT_TRUE(message->check_integrity_sha1(as_bytes(kShortTermPassword)));
  EXPECT_FALSE(message->check_integrity_sha1(as_bytes("another")));
  EXPECT_FALSE(message->check_integrity_sha256(as_bytes(kShortTermPassword)));
}

TEST(StunVectors, ReadsTheSampleResponses) {  // RFC 5769 §2.2, §2.3
  for (const auto& [sample, address] :
       {std::pair{kSampleIpv4Response, "192.0.2.1:32853"},
        std::pair{kSampleIpv6Response, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"}}) {
    const auto bytes = from_hex(sample);
    const auto message = Message::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->klass(), Class::Success);
    EXPECT_EQ(message->text(AttributeType::Software), "test vector");
    const auto mapped = find_xor_address(*message, AttributeType::XorMappedAddress);
    ASSERT_TRUE(mapped);
    EXPECT_EQ(mapped->to_string(), address);
    EXPECT_TRUE(message->has_fingerprint());
    EXPECT_TRUE(message->check_integrity_sha1(as_bytes(kShortTermPassword)));
  }
}

TEST(StunVectors, ChecksLongTermIntegrity) {  // RFC 5769 §2.4
  const auto bytes = from_hex(kSampleLongTerm);
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text(AttributeType::Username), kMatrix);
  EXPECT_EQ(message->text(AttributeType::Nonce), "f//499k954d6OL34oL9FSTvy64sA");
  EXPECT_EQ(message->text(AttributeType::Realm), kSampleRealm);
  const LongTermKey key{PasswordAlgorithm::Md5, kMatrix, kSampleRealm, kMatrixPassword};
  EXPECT_TRUE(message->check_integrity_sha1(key.bytes()));
  EXPECT_FALSE(message->has_fingerprint());
}

TEST(StunVectors, ChecksSha256IntegrityAndUserhash) {  // RFC 8489 §B.1
  const auto bytes = from_hex(kSampleSha256);
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  const auto hash = userhash(kMatrix, kSampleRealm);
  EXPECT_EQ(message->text(AttributeType::Userhash), as_text(hash));
  const auto algorithm = message->find(AttributeType::PasswordAlgorithm);
  ASSERT_TRUE(algorithm);
  EXPECT_EQ(parse_password_algorithm(*algorithm), PasswordAlgorithm::Sha256);
  const LongTermKey key{PasswordAlgorithm::Sha256, kMatrix, kSampleRealm, kMatrixPassword};
  EXPECT_TRUE(message->check_integrity_sha256(key.bytes()));
  EXPECT_TRUE(nonce_features(message->text(AttributeType::Nonce)));
}

}  // namespace
}  // namespace duet::stun
