// SPDX-License-Identifier: MIT
// Payloads of both versions, from the protocol's own examples to what no client sends.
#include <duet/socketio/engine_payload.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duet::socketio {
namespace {

using namespace std::string_literals;

constexpr auto kV3 = EngineVersion::V3;
constexpr auto kV4 = EngineVersion::V4;

EnginePacket message(std::string_view text) {
  return {EnginePacketType::Message, MessageKind::Text, text};
}

EnginePacket binary(std::string_view bytes) {
  return {EnginePacketType::Message, MessageKind::Binary, bytes};
}

std::string serialize(EngineVersion version, std::vector<EnginePacket> packets,
                      BinarySupport support = BinarySupport::Native) {
  std::string out;
  append_payload(out, version, support, packets);
  return out;
}

/// Compared while the storage lives.
void expect_packets(EngineVersion version, MessageKind kind, std::string_view body,
                    const std::vector<EnginePacket>& expected) {
  const auto payload = parse_payload(version, kind, body);
  ASSERT_TRUE(payload) << body;
  EXPECT_EQ(payload->packets, expected) << body;
}

PayloadError error_of(EngineVersion version, MessageKind kind, std::string_view body) {
  const auto payload = parse_payload(version, kind, body);
  EXPECT_FALSE(payload) << body;
  return payload ? PayloadError::Empty : payload.error();
}

PayloadError text_error(EngineVersion version, std::string_view body) {
  return error_of(version, MessageKind::Text, body);
}

TEST(EnginePayload, OfVersion4SeparatesPacketsByRecordSeparators) {
  expect_packets(
      kV4, MessageKind::Text,
      "4hello\x1e"
      "2\x1e"
      "4world",
      {message("hello"), {EnginePacketType::Ping, MessageKind::Text, ""}, message("world")});
  EXPECT_EQ(serialize(kV4, {message("hello"), message("world")}),
            "4hello\x1e"
            "4world");
}

TEST(EnginePayload, OfVersion4CarriesBinaryAsBase64) {
  expect_packets(kV4, MessageKind::Text,
                 "4hello\x1e"
                 "bAQIDBA==\x1e"
                 "b/w==",
                 {message("hello"), binary("\1\2\3\4"), binary("\xff")});
  EXPECT_EQ(serialize(kV4, {message("hello"), binary("\1\2\3\4")}),
            "4hello\x1e"
            "bAQIDBA==");
}

TEST(EnginePayload, OfVersion4TakesEmptyMessages) {
  expect_packets(kV4, MessageKind::Text,
                 "4\x1e"
                 "b",
                 {message(""), binary("")});
}

TEST(EnginePayload, OfVersion3CountsUtf16CodeUnits) {
  expect_packets(kV3, MessageKind::Text, "6:4hello2:4\u20ac3:4\U0001F600",
                 {message("hello"), message("\u20ac"), message("\U0001F600")});
  EXPECT_EQ(serialize(kV3, {message("hello"), message("\u20ac"), message("\U0001F600")}),
            "6:4hello2:4\u20ac3:4\U0001F600");
}

TEST(EnginePayload, OfVersion3CarriesBinaryAsBase64ForThoseWhoAsk) {
  expect_packets(kV3, MessageKind::Text,
                 "6:4hello10:b4AQIDBA==", {message("hello"), binary("\1\2\3\4")});
  EXPECT_EQ(serialize(kV3, {message("hello"), binary("\1\2\3\4")}, BinarySupport::Base64),
            "6:4hello10:b4AQIDBA==");
}

TEST(EnginePayload, OfVersion3HasABinaryForm) {
  const std::string bytes =
      "\0\6\xff"
      "4hello"
      "\1\5\xff\4\1\2\3\4"s;
  expect_packets(kV3, MessageKind::Binary, bytes, {message("hello"), binary("\1\2\3\4")});
  EXPECT_EQ(serialize(kV3, {message("hello"), binary("\1\2\3\4")}), bytes);
}

TEST(EnginePayload, OfVersion3WritesLongLengthsAsDigits) {
  const std::string bytes = serialize(kV3, {binary(std::string(122, 'x'))});
  EXPECT_TRUE(bytes.starts_with("\1\1\2\3\xff\4x"s));
  expect_packets(kV3, MessageKind::Binary, bytes, {binary(std::string(122, 'x'))});
}

TEST(EnginePayload, IsRefusedWithoutAPacketWhereOneMustBe) {
  EXPECT_EQ(text_error(kV4, ""), PayloadError::Empty);
  EXPECT_EQ(text_error(kV4, "4a\x1e"), PayloadError::Empty);
  EXPECT_EQ(text_error(kV4,
                       "\x1e"
                       "4a"),
            PayloadError::Empty);
  EXPECT_EQ(text_error(kV3, ""), PayloadError::Empty);
  EXPECT_EQ(text_error(kV3, "0:"), PayloadError::Empty);
  EXPECT_EQ(error_of(kV3, MessageKind::Binary, "\0\1\2\xff"s), PayloadError::Truncated);
}

TEST(EnginePayload, IsRefusedForUnknownTypes) {
  EXPECT_EQ(text_error(kV4, "abc"), PayloadError::UnknownType);
  EXPECT_EQ(text_error(kV4, "7"), PayloadError::UnknownType);
  EXPECT_EQ(text_error(kV3, "3:abc"), PayloadError::UnknownType);
  EXPECT_EQ(text_error(kV3, "5:bAQI="), PayloadError::UnknownType);
  EXPECT_EQ(error_of(kV3, MessageKind::Binary, "\1\1\xff\2"s), PayloadError::UnknownType);
}

TEST(EnginePayload, IsRefusedForBadBase64) {
  EXPECT_EQ(text_error(kV4, "bAQ*="), PayloadError::BadBase64);
  EXPECT_EQ(text_error(kV4, "bA"), PayloadError::BadBase64);
  EXPECT_EQ(text_error(kV3, "6:b4A==="), PayloadError::BadBase64);
}

TEST(EnginePayload, IsRefusedForBadUtf8) {
  EXPECT_EQ(text_error(kV4, "4\xc0\x80"), PayloadError::BadUtf8);
  EXPECT_EQ(text_error(kV3, "2:4\xff"), PayloadError::BadUtf8);
  EXPECT_EQ(error_of(kV3, MessageKind::Binary,
                     "\0\2\xff"
                     "4\xff"s),
            PayloadError::BadUtf8);
}

TEST(EnginePayload, IsRefusedForLengthsThatLie) {
  EXPECT_EQ(text_error(kV3, "abc"), PayloadError::BadLength);
  EXPECT_EQ(text_error(kV3, "-1:4"), PayloadError::BadLength);
  EXPECT_EQ(text_error(kV3, ":4"), PayloadError::BadLength);
  EXPECT_EQ(text_error(kV3, "99999999999:4"), PayloadError::BadLength);
  EXPECT_EQ(text_error(kV3, "7:4hello"), PayloadError::Truncated);
  EXPECT_EQ(text_error(kV3, "2:4\U0001F600"), PayloadError::Truncated);  // half a surrogate pair
  EXPECT_EQ(error_of(kV3, MessageKind::Binary,
                     "\0\xff"
                     "4"s),
            PayloadError::BadLength);
  EXPECT_EQ(error_of(kV3, MessageKind::Binary,
                     "\0\x0a\xff"
                     "4"s),
            PayloadError::BadLength);
  EXPECT_EQ(error_of(kV3, MessageKind::Binary, "\0\1"s), PayloadError::BadLength);
  EXPECT_EQ(error_of(kV3, MessageKind::Binary,
                     "\2\1\xff"
                     "4"s),
            PayloadError::BadForm);
}

TEST(EnginePayload, OfVersion4HasNoBinaryForm) {
  EXPECT_EQ(error_of(kV4, MessageKind::Binary, "4hello"), PayloadError::BadForm);
}

TEST(EnginePayload, HasABoundedNumberOfPackets) {
  std::string body = "4";
  for (std::size_t i = 1; i < kMaxPayloadPackets; ++i)
    body +=
        "\x1e"
        "4";
  const auto most = parse_payload(kV4, MessageKind::Text, body);
  ASSERT_TRUE(most);
  EXPECT_EQ(most->packets.size(), kMaxPayloadPackets);
  EXPECT_EQ(text_error(kV4, body + "\x1e"
                                   "4"),
            PayloadError::TooManyPackets);
}

TEST(EngineMessage, OfVersion3SaysItsTypeInTheFirstByte) {
  std::string storage;
  const auto packet = parse_message(kV3, MessageKind::Binary, "\4\1\2", storage);
  ASSERT_TRUE(packet);
  EXPECT_EQ(*packet, binary("\1\2"));
  std::string out;
  EXPECT_EQ(append_message(out, kV3, BinarySupport::Native, binary("\1\2")), MessageKind::Binary);
  EXPECT_EQ(out, "\4\1\2");
  EXPECT_EQ(parse_message(kV3, MessageKind::Binary, "\1\2", storage).error(),
            PayloadError::UnknownType);
  EXPECT_EQ(parse_message(kV3, MessageKind::Binary, "", storage).error(), PayloadError::Empty);
}

TEST(EngineMessage, OfVersion4IsBinaryAsItIs) {
  std::string storage;
  const auto packet = parse_message(kV4, MessageKind::Binary, "\4\1\2", storage);
  ASSERT_TRUE(packet);
  EXPECT_EQ(*packet, binary("\4\1\2"));
}

TEST(EngineMessage, MayBeBase64InText) {
  std::string storage;
  const auto packet = parse_message(kV4, MessageKind::Text, "bAQI=", storage);
  ASSERT_TRUE(packet);
  EXPECT_EQ(*packet, binary("\1\2"));
  std::string out;
  EXPECT_EQ(append_message(out, kV4, BinarySupport::Base64, binary("\1\2")), MessageKind::Text);
  EXPECT_EQ(out, "bAQI=");
}

}  // namespace
}  // namespace duet::socketio
