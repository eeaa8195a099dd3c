// SPDX-License-Identifier: MIT
// Tests of what is a STUN message and what is not.
#include <duet/stun/message.hpp>
#include <duet/stun/test_vectors.hpp>
#include <duet/stun/writer.hpp>

#include <gtest/gtest.h>

#include <array>

namespace duet::stun {
namespace {

std::optional<ParseError> error_of(std::span<const std::byte> bytes) {
  const auto message = Message::parse(bytes);
  if (message) return std::nullopt;
  return message.error();
}

TEST(StunMessageType, CrossesTheWireForEveryMethodAndClass) {  // RFC 8489 §5
  EXPECT_EQ((MessageType{Class::Success, Method::Binding}.to_wire()), 0x0101);
  EXPECT_EQ((MessageType{Class::Error, Method::Allocate}.to_wire()), 0x0113);
  EXPECT_EQ((MessageType{Class::Indication, Method::Send}.to_wire()), 0x0016);
  for (unsigned value = 0; value < 0x4000; ++value) {
    const auto wire = static_cast<std::uint16_t>(value);
    EXPECT_EQ(MessageType::from_wire(wire).to_wire(), wire);
  }
}

TEST(StunMessage, RefusesEveryTruncation) {
  const auto bytes = from_hex(kSampleRequest);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(error_of(std::span{bytes}.first(size)), ParseError::Truncated) << size;
  }
}

TEST(StunMessage, RefusesLyingLengths) {
  auto bytes = from_hex(kSampleRequest);
  bytes[3] = std::byte{0x54};
  EXPECT_EQ(error_of(bytes), ParseError::TrailingBytes);
  bytes[3] = std::byte{0x5a};
  EXPECT_EQ(error_of(bytes), ParseError::UnalignedLength);
  bytes[2] = std::byte{0xff};
  bytes[3] = std::byte{0xfc};
  EXPECT_EQ(error_of(bytes), ParseError::Truncated);
  bytes = from_hex(kSampleRequest);
  bytes[22] = std::byte{0xff};  // the first attribute's length
  EXPECT_EQ(error_of(bytes), ParseError::BadAttribute);
  EXPECT_EQ(error_of(from_hex("00010004 2112a442 000000000000000000000000 00060001")),
            ParseError::BadAttribute);
}

TEST(StunMessage, RefusesOtherProtocols) {
  auto bytes = from_hex(kSampleRequest);
  bytes[0] = std::byte{0x80};
  EXPECT_EQ(error_of(bytes), ParseError::NotStun);
  EXPECT_FALSE(looks_like_stun(bytes));
  bytes[0] = std::byte{0};
  EXPECT_TRUE(looks_like_stun(bytes));
  bytes[4] = std::byte{0};
  EXPECT_EQ(error_of(bytes), ParseError::BadMagicCookie);
  EXPECT_FALSE(looks_like_stun(bytes));
}

TEST(StunMessage, RefusesAWrongFingerprint) {
  auto bytes = from_hex(kSampleRequest);
  bytes.back() ^= std::byte{1};
  EXPECT_EQ(error_of(bytes), ParseError::WrongFingerprint);
}

TEST(StunMessage, RefusesAFingerprintThatIsNotTheLastAttribute) {  // RFC 8489 §14.7
  std::array<std::byte, 64> buffer{};
  Writer writer{buffer, {}, {}};
  writer.add_fingerprint();
  writer.add(AttributeType::Software, "x");
  EXPECT_EQ(error_of(writer.finish()), ParseError::WrongFingerprint);
}

TEST(StunMessage, IgnoresWhatFollowsIntegrity) {  // RFC 8489 §14.5, §14.6
  std::array<std::byte, 256> buffer{};
  Writer writer{buffer, {}, {}};
  writer.add(AttributeType::Realm, "before");
  writer.add_integrity_sha1(as_bytes("key"));
  writer.add(AttributeType::Username, "after");
  writer.add_integrity_sha256(as_bytes("key"));
  writer.add(AttributeType::Nonce, "after");
  writer.add_fingerprint();
  const auto message = Message::parse(writer.finish());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text(AttributeType::Realm), "before");
  EXPECT_FALSE(message->has(AttributeType::Username));
  EXPECT_FALSE(message->has(AttributeType::Nonce));
  EXPECT_TRUE(message->check_integrity_sha1(as_bytes("key")));
  EXPECT_TRUE(message->check_integrity_sha256(as_bytes("key")));
}

TEST(StunMessage, NoticesEveryChangedBitUnderIntegrity) {
  const auto sample = from_hex(kSampleLongTerm);
  const std::string_view right = "wrong key on purpose";
  std::array<std::byte, 256> buffer{};
  Writer writer{buffer, {Class::Request, Method::Allocate}, {}};
  writer.add(AttributeType::Username, "u");
  writer.add_integrity_sha256(as_bytes(right));
  std::vector<std::byte> bytes(writer.finish().begin(), writer.finish().end());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    const auto message = Message::parse(bytes);
    EXPECT_FALSE(message && message->check_integrity_sha256(as_bytes(right))) << bit;
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
  EXPECT_TRUE(Message::parse(bytes)->check_integrity_sha256(as_bytes(right)));
  EXPECT_FALSE(Message::parse(sample)->check_integrity_sha1(as_bytes(right)));
}

TEST(StunMessage, TakesCutIntegrityOnlyAsFarAsAsked) {  // RFC 8489 §14.6
  for (const std::size_t size : {16u, 20u, 24u, 28u, 32u}) {
    std::array<std::byte, 128> buffer{};
    Writer writer{buffer, {}, {}};
    writer.add_integrity_sha256(as_bytes("key"), size);
    const auto message = Message::parse(writer.finish());
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->check_integrity_sha256(as_bytes("key")));
    EXPECT_EQ(message->check_integrity_sha256(as_bytes("key"), 32), size == 32);
  }
  EXPECT_EQ(error_of(from_hex("00010010 2112a442 000000000000000000000000"
                              "001c000c 000000000000000000000000")),
            ParseError::BadAttribute);
}

}  // namespace
}  // namespace duet::stun
