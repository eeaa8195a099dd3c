// SPDX-License-Identifier: MIT
// Heads of packets, there and back.
#include <duet/socketio/packet.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace duet::socketio {
namespace {

Packet parse(std::string_view text, EngineVersion version = EngineVersion::V4) {
  const auto packet = parse_packet(version, text);
  EXPECT_TRUE(packet) << text;
  return packet.value_or(Packet{});
}

std::optional<PacketError> error_of(std::string_view text) {
  const auto packet = parse_packet(EngineVersion::V4, text);
  return packet ? std::nullopt : std::optional{packet.error()};
}

TEST(Packet, IsReadAndWrittenAsTheProtocolSays) {  // Socket.IO protocol, "Packet encoding"
  const std::vector<std::pair<const char*, Packet>> examples = {
      {"0", {.type = PacketType::Connect}},
      {R"(0{"sid":"x"})", {.type = PacketType::Connect, .payload = R"({"sid":"x"})"}},
      {"0/admin,", {.type = PacketType::Connect, .nsp = "/admin"}},
      {"1/admin,", {.type = PacketType::Disconnect, .nsp = "/admin"}},
      {R"(2["foo"])", {.type = PacketType::Event, .payload = R"(["foo"])"}},
      {R"(2/admin,["bar"])", {.type = PacketType::Event, .nsp = "/admin", .payload = R"(["bar"])"}},
      {R"(212["foo"])", {.type = PacketType::Event, .ack = AckId{12}, .payload = R"(["foo"])"}},
      {R"(3/admin,13["bar"])",
       {.type = PacketType::Ack, .nsp = "/admin", .ack = AckId{13}, .payload = R"(["bar"])"}},
      {R"(4{"message":"no"})",
       {.type = PacketType::ConnectError, .payload = R"({"message":"no"})"}},
      {R"(51-["baz"])",
       {.type = PacketType::BinaryEvent, .attachments = 1, .payload = R"(["baz"])"}},
      {R"(62-/admin,15["bar"])",
       {.type = PacketType::BinaryAck,
        .attachments = 2,
        .nsp = "/admin",
        .ack = AckId{15},
        .payload = R"(["bar"])"}},
  };
  for (const auto& [text, packet] : examples) {
    EXPECT_EQ(parse(text), packet) << text;
    std::string out;
    append_packet(out, packet);
    EXPECT_EQ(out, text);
  }
}

TEST(Packet, MayEndWithItsNamespace) {
  EXPECT_EQ(parse("0/custom").nsp, "/custom");
  EXPECT_EQ(parse("1/custom").nsp, "/custom");
  EXPECT_EQ(parse("0/").nsp, "/");
}

TEST(Packet, OfProtocol4LosesTheNamespacesQuery) {
  EXPECT_EQ(parse("0/chat?token=1,", EngineVersion::V3).nsp, "/chat");
  EXPECT_EQ(parse("0/?a=b", EngineVersion::V3).nsp, "/");
  EXPECT_EQ(parse("0/chat?token=1,").nsp, "/chat?token=1");
}

TEST(Packet, IsRefusedForAnUnknownType) {
  for (const char* text : {"", "abc", "7", "-", " 2"}) {
    EXPECT_EQ(error_of(text), PacketError::UnknownType) << text;
  }
}

TEST(Packet, IsRefusedForBadAttachments) {
  for (const char* text : {R"(5["a"])", R"(5-["a"])", R"(50-["a"])", R"(51["a"])", R"(5a-["a"])",
                           R"(5-1-["a"])", R"(510000-["a"])", R"(51.5-["a"])", "51"}) {
    EXPECT_EQ(error_of(text), PacketError::BadAttachments) << text;
  }
}

TEST(Packet, IsRefusedForALongNamespace) {
  EXPECT_EQ(error_of("0/" + std::string(kMaxNamespace - 1, 'x')), std::nullopt);
  EXPECT_EQ(error_of("0/" + std::string(kMaxNamespace, 'x')), PacketError::NamespaceTooLong);
}

TEST(Packet, IsRefusedForABadId) {
  EXPECT_EQ(parse(R"(29007199254740991["a"])").ack, AckId{9007199254740991});
  for (const char* text : {R"(29007199254740992["a"])", R"(299999999999999999999["a"])", "012{}",
                           "11", R"(41{"message":"x"})"}) {
    EXPECT_EQ(error_of(text), PacketError::BadId) << text;
  }
}

TEST(Packet, IsRefusedForAPayloadItCannotHave) {
  for (const char* text : {"1{}", "2", "3", "3/admin,7", "51-", "2/admin[", "0/,/x"}) {
    EXPECT_EQ(error_of(text), PacketError::BadPayload) << text;
  }
}

}  // namespace
}  // namespace duet::socketio
