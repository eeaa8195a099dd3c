// SPDX-License-Identifier: MIT
// Tests of messages written into given memory.
#include <duet/stun/credential.hpp>
#include <duet/stun/test_vectors.hpp>
#include <duet/stun/writer.hpp>

#include <gmock/gmock.h>

#include <array>

namespace duet::stun {
namespace {

using testing::ElementsAreArray;

TEST(StunWriter, WritesTheSampleOfTheRfc) {  // RFC 8489 §B.1
  const auto sample = from_hex(kSampleSha256);
  const auto parsed = Message::parse(sample);
  ASSERT_TRUE(parsed);
  std::array<std::byte, 256> buffer{};
  Writer writer{buffer, parsed->type(), parsed->id()};
  writer.add(AttributeType::Userhash, userhash(kMatrix, kSampleRealm));
  writer.add(AttributeType::Nonce, "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA");
  writer.add(AttributeType::Realm, kSampleRealm);
  writer.add(AttributeType::PasswordAlgorithm,
             serialize_password_algorithm(PasswordAlgorithm::Sha256));
  const LongTermKey key{PasswordAlgorithm::Sha256, kMatrix, kSampleRealm, kMatrixPassword};
  writer.add_integrity_sha256(key.bytes());
  EXPECT_THAT(writer.finish(), ElementsAreArray(sample));
}

TEST(StunWriter, GivesNothingWhenTheBufferIsTooSmall) {
  const auto write = [](std::span<std::byte> buffer) {
    Writer writer{buffer, {Class::Error, Method::Allocate}, {}};
    writer.add_error(ErrorCode::StaleNonce);
    writer.add_flag(AttributeType::DontFragment);
    writer.add_integrity_sha1(as_bytes("key"));
    writer.add_fingerprint();
    return writer.finish().size();
  };
  std::array<std::byte, 256> buffer{};
  const std::size_t whole = write(buffer);
  EXPECT_EQ(whole, 20u + 20 + 4 + 24 + 8);
  for (std::size_t size = 0; size < whole; ++size) {
    EXPECT_EQ(write(std::span{buffer}.first(size)), 0u) << size;
  }
}

TEST(StunWriter, WritesErrorsThatAreReadAgain) {
  std::array<std::byte, 64> buffer{};
  Writer writer{buffer, {Class::Error, Method::Allocate}, {}};
  writer.add_error(ErrorCode::AllocationQuotaReached);
  const auto message = Message::parse(writer.finish());
  ASSERT_TRUE(message);
  const auto error = parse_error_code(*message->find(AttributeType::ErrorCode));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::AllocationQuotaReached);
  EXPECT_EQ(error->reason, "Allocation Quota Reached");
}

TEST(StunErrorCode, RefusesWhatNoErrorIs) {
  EXPECT_FALSE(parse_error_code(from_hex("0000")));
  EXPECT_FALSE(parse_error_code(from_hex("00000201")));
  EXPECT_FALSE(parse_error_code(from_hex("00000701")));
  EXPECT_FALSE(parse_error_code(from_hex("00000464")));
  EXPECT_TRUE(parse_error_code(from_hex("00000463")));
}

}  // namespace
}  // namespace duet::stun
