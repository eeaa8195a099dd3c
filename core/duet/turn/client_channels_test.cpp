// SPDX-License-Identifier: MIT
// Against answers written by hand: what a TURN client sends and receives: permissions, channels,
// indications.
#include <duet/turn/client_desk.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace duet::turn {
namespace {

TEST(TurnClient, KeepsPermissionsEveryFourMinutes) {
  Desk desk;
  EXPECT_TRUE(desk.client.permit(desk.now, kPeer.address));  // waits for the allocation
  desk.allocate(3600);
  const auto first = desk.expect(Method::CreatePermission);
  EXPECT_EQ(stun::find_xor_address(first, AttributeType::XorPeerAddress)->address, kPeer.address);
  EXPECT_FALSE(desk.send(kPeer, "too early"));
  desk.succeed(first);
  EXPECT_TRUE(desk.event<Permitted>());
  const Instant begin = desk.now;
  for (int i = 1; i <= 5; ++i) {
    const auto refresh = desk.wait_for_request(1h);
    EXPECT_EQ(refresh->method(), Method::CreatePermission);
    EXPECT_EQ(desk.now - begin, i * 240s);
    desk.succeed(*refresh);
    EXPECT_TRUE(desk.send(kPeer, "x"));
  }
  EXPECT_FALSE(desk.client.poll_event());
  desk.client.forget(kPeer.address);
  EXPECT_FALSE(desk.send(kPeer, "x"));
  EXPECT_EQ(desk.wait_for_request(1h)->method(), Method::Refresh);
}

TEST(TurnClient, StopsSendingWhereAPermissionCouldNotBeKept) {
  Desk desk;
  desk.allocate(3600);
  desk.permit();
  desk.wait(299s);
  EXPECT_TRUE(desk.send(kPeer, "x"));
  desk.wait(1s);
  EXPECT_FALSE(desk.send(kPeer, "x"));
  desk.succeed(*desk.wait_for_request(60s));  // still asking
  EXPECT_TRUE(desk.event<Permitted>());
  EXPECT_TRUE(desk.send(kPeer, "x"));
}

TEST(TurnClient, SaysWhichPermissionIsRefused) {
  Desk desk;
  desk.allocate();
  desk.client.permit(desk.now, kPeer.address);
  desk.refuse(desk.expect(Method::CreatePermission), ErrorCode::Forbidden);
  const auto refused = desk.event<PermissionRefused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->peer, kPeer.address);
  EXPECT_EQ(refused->code, ErrorCode::Forbidden);
  EXPECT_TRUE(desk.client.has_allocation());
  desk.client.permit(desk.now, kPeer.address);
  desk.wait(40s);
  EXPECT_EQ(desk.event<PermissionRefused>()->code, std::nullopt);
}

TEST(TurnClient, SendsIndicationsUntilThereIsAChannel) {
  Desk desk;
  desk.allocate();
  EXPECT_FALSE(desk.send(kPeer, "x"));
  desk.permit();
  const auto bytes = desk.send(kPeer, "hello");
  ASSERT_TRUE(bytes);
  const auto message = stun::Message::parse(*bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type(), (stun::MessageType{Class::Indication, Method::Send}));
  EXPECT_EQ(stun::find_xor_address(*message, AttributeType::XorPeerAddress), kPeer);
  EXPECT_EQ(message->text(AttributeType::Data), "hello");
  EXPECT_EQ(desk.bind(), 0x4000);
  EXPECT_EQ(as_text(*desk.send(kPeer, "hello")), (std::string_view{"\x40\0\0\5hello", 9}));
  // Another port of that address has the permission alone.
  EXPECT_TRUE(stun::Message::parse(*desk.send(endpoint("8.8.8.8", 1), "x")));
}

TEST(TurnClient, AsksForDontFragmentInIndications) {
  Desk desk{{.dont_fragment = true}};
  desk.allocate();
  desk.bind();
  const auto bytes = desk.send(kPeer, "hello", true);
  const auto message = stun::Message::parse(*bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->has(AttributeType::DontFragment));
  EXPECT_EQ(message->text(AttributeType::Data), "hello");
}

TEST(TurnClient, PadsChannelDataOverStreams) {  // RFC 8656 §12.5
  Desk desk{{}, Carrier::Stream};
  desk.allocate();
  desk.bind();
  EXPECT_EQ(as_text(*desk.send(kPeer, "hello")), (std::string_view{"\x40\0\0\5hello\0\0\0", 12}));
}

TEST(TurnClient, SendsNothingThatNoMessageCouldCarry) {
  Desk desk;
  desk.allocate();
  desk.permit();
  EXPECT_TRUE(desk.send(kPeer, std::string(kMaxIndicationPayload, 'x')));
  EXPECT_FALSE(desk.send(kPeer, std::string(kMaxIndicationPayload + 1, 'x')));
  desk.bind();
  EXPECT_TRUE(desk.send(kPeer, std::string(65535, 'x')));
  EXPECT_FALSE(desk.send(kPeer, std::string(65536, 'x')));
}

TEST(TurnClient, KeepsChannelsBeforeTheirPermissionEnds) {
  Desk desk;
  desk.allocate(3600);
  desk.permit();
  desk.bind();
  const Instant begin = desk.now;
  for (int i = 1; i <= 5; ++i) {
    const auto rebind = desk.wait_for_request(1h);
    EXPECT_EQ(rebind->method(), Method::ChannelBind);  // and no CreatePermission beside
    EXPECT_EQ(desk.now - begin, i * 240s);
    desk.succeed(*rebind);
    EXPECT_EQ(as_text(*desk.send(kPeer, "x")), (std::string_view{"\x40\0\0\1x", 5}));
  }
  EXPECT_FALSE(desk.client.poll_event());
}

TEST(TurnClient, FallsBackToIndicationsWhereAChannelIsRefused) {
  Desk desk;
  desk.allocate();
  desk.client.bind(desk.now, kPeer);
  desk.refuse(desk.expect(Method::ChannelBind), ErrorCode::InsufficientCapacity);
  EXPECT_EQ(desk.event<ChannelRefused>()->code, ErrorCode::InsufficientCapacity);
  desk.succeed(desk.expect(Method::CreatePermission));
  EXPECT_TRUE(desk.event<Permitted>());
  EXPECT_TRUE(stun::Message::parse(*desk.send(kPeer, "x")));
}

TEST(TurnClient, GivesANumberToOnePeerOnly) {  // RFC 8656 §12
  Desk desk;
  desk.allocate();
  EXPECT_EQ(desk.bind(), 0x4000);
  desk.client.forget(kPeer.address);
  EXPECT_FALSE(desk.channel(0x4000, "late"));
  desk.client.bind(desk.now, endpoint("9.9.9.9", 1));
  EXPECT_EQ(desk.expect(Method::ChannelBind).u32(AttributeType::ChannelNumber), 0x40010000u);
  EXPECT_EQ(desk.bind(), 0x4000);  // the same peer gets its number again
}

TEST(TurnClient, KnowsItsBounds) {
  Desk desk;
  desk.allocate(36000);
  const auto peer = [](unsigned i) {
    return Endpoint{
        IpAddress::v4({9, 9, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}), 1};
  };
  for (unsigned i = 0; i < 128; ++i) ASSERT_TRUE(desk.client.bind(desk.now, peer(i)));
  EXPECT_FALSE(desk.client.bind(desk.now, peer(128)));
  EXPECT_FALSE(desk.client.permit(desk.now, peer(128).address));
  desk.client.forget(peer(0).address);
  EXPECT_TRUE(desk.client.permit(desk.now, peer(128).address));
  // A channel's place is free again when number and peer have rested (RFC 8656 §12).
  desk.client.forget(peer(128).address);
  desk.wait(899s);
  EXPECT_FALSE(desk.client.bind(desk.now, peer(128)));
  desk.wait(1s);
  EXPECT_TRUE(desk.client.bind(desk.now, peer(128)));
  // Numbers end with 0x4FFF.
  Desk other;
  unsigned bound = 0;
  while (other.client.bind(other.now, peer(bound))) other.client.forget(peer(bound++).address);
  EXPECT_EQ(bound, 0x1000u);
}

TEST(TurnClient, DeliversWhatPeersSend) {
  Desk desk;
  desk.allocate();
  EXPECT_FALSE(desk.data(kPeer, "of a stranger"));
  desk.permit();
  const auto data = desk.data(kPeer, "hello");
  ASSERT_TRUE(data);
  EXPECT_EQ(data->peer, kPeer);
  EXPECT_EQ(as_text(data->payload), "hello");
  EXPECT_FALSE(data->icmp);
  EXPECT_FALSE(desk.data(endpoint("9.9.9.9", 9000), "of a stranger"));
  EXPECT_FALSE(desk.data(kPeer, "x", AttributeType{0x7123}));
  EXPECT_TRUE(desk.data(kPeer, "x", AttributeType{0x8123}));
}

TEST(TurnClient, DeliversWhatComesOverItsChannels) {
  Desk desk;
  desk.allocate();
  EXPECT_FALSE(desk.channel(0x4000, "not bound"));
  desk.client.bind(desk.now, kPeer);
  // RFC 8656 §12: as soon as it was asked for, since packets overtake each other.
  EXPECT_TRUE(desk.channel(0x4000, "early"));
  desk.succeed(desk.expect(Method::ChannelBind));
  const auto data = desk.channel(0x4000, "hello");
  ASSERT_TRUE(data);
  EXPECT_EQ(data->peer, kPeer);
  EXPECT_EQ(as_text(data->payload), "hello");
  EXPECT_TRUE(desk.channel(0x4000, ""));
  EXPECT_FALSE(desk.channel(0x4001, "x"));
  EXPECT_FALSE(desk.channel(0x7FFF, "x"));
  EXPECT_FALSE(desk.channel(0xFFFF, "x"));
  desk.packet = {std::byte{0x40}, std::byte{0}, std::byte{0}, std::byte{2}, std::byte{'x'}};
  EXPECT_FALSE(desk.client.handle_server(desk.now, desk.packet));
}

TEST(TurnClient, TellsWhatTheNetworkSaid) {  // RFC 8656 §11.6
  Desk desk;
  desk.allocate();
  desk.permit();
  std::array<std::byte, 128> buffer{};
  stun::Writer writer{buffer, {Class::Indication, Method::Data}, {}};
  writer.add_xor_address(AttributeType::XorPeerAddress, kPeer);
  writer.add(AttributeType::Icmp, std::string_view{"\0\0\3\4\0\0\5\xdc", 8});
  const auto said = desk.client.handle_server(desk.now, writer.finish());
  ASSERT_TRUE(said && said->icmp);
  EXPECT_EQ(said->icmp->type, 3);
  EXPECT_EQ(said->icmp->code, 4);
  EXPECT_EQ(said->icmp->data, 1500u);
}

TEST(TurnClient, IgnoresEverythingElse) {
  Desk desk;
  desk.allocate();
  desk.permit();
  std::array<std::byte, 128> buffer{};
  for (const auto type : {stun::MessageType{Class::Request, Method::Binding},
                          stun::MessageType{Class::Indication, Method::Send},
                          stun::MessageType{Class::Indication, Method::Data},
                          stun::MessageType{Class::Success, Method::Refresh}}) {
    stun::Writer writer{buffer, type, {}};
    EXPECT_FALSE(desk.client.handle_server(desk.now, writer.finish()));
  }
  for (const std::string_view bytes : {"", "\x16\x03\x01", "\x80zzzzzzzzzzzzzzzzzzzzz"}) {
    EXPECT_FALSE(desk.client.handle_server(desk.now, as_bytes(bytes)));
  }
  EXPECT_FALSE(desk.next());
  EXPECT_FALSE(desk.client.poll_event());
}

}  // namespace
}  // namespace duet::turn
