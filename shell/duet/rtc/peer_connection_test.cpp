// SPDX-License-Identifier: MIT
// Two connections of one program, over real sockets on loopback.
#include <duet/net/udp_socket.hpp>
#include <duet/rtc/peer_connection.hpp>
#include <duet/rtc/test_ends.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace duet::rtc {
namespace {

using testing::ElementsAre;

using PeerConnectionTest = TwoEnds;

TEST_F(PeerConnectionTest, OpensADataChannelAndCarriesMessages) {
  open();
  EXPECT_EQ(bob.channel->label(), "chat");
  EXPECT_TRUE(alice.channel->send("hallo"));
  EXPECT_TRUE(bob.channel->send("你好"));
  EXPECT_TRUE(alice.channel->send(std::vector<std::byte>(200'000)));
  run_until([&] { return bob.texts.size() == 1 && alice.texts.size() == 1 && bob.binary > 0; });
  EXPECT_THAT(bob.texts, ElementsAre("hallo"));
  EXPECT_THAT(alice.texts, ElementsAre("你好"));
  EXPECT_EQ(bob.binary, 200'000U);
}

TEST_F(PeerConnectionTest, SendsPacketsAsLongAsLoopbackCarries) {
  open();
  const auto mtu = [](const End& end) {
    return end.connection->machine().channels()->association().mtu();
  };
  run_until(
      [&] { return mtu(alice) == net::UdpSocket::kMaxUnfragmented && mtu(bob) == mtu(alice); });
  EXPECT_TRUE(alice.channel->send(std::vector<std::byte>(200'000)));
  run_until([&] { return bob.binary == 200'000; });
}

TEST_F(PeerConnectionTest, CarriesMedia) {
  const auto transceiver = *alice.connection->add_transceiver(peer::MediaKind::Audio);
  open();
  const std::array<std::byte, 160> payload{};
  for (std::uint32_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(alice.connection->send(transceiver,
                                       {.timestamp = rtp::Timestamp{960 * i}, .payload = payload}));
  }
  run_until([&] { return bob.packets == 20; });
}

TEST_F(PeerConnectionTest, TellsItsMateWhenItCloses) {
  open();
  alice.connection->close();
  EXPECT_EQ(alice.connection->connection_state(), peer::ConnectionState::Closed);
  run_until([&] { return bob.is_closed; });
  EXPECT_FALSE(alice.channel->send("too late"));
  EXPECT_EQ(alice.channel->state(), DataChannel::State::Closed);
}

TEST_F(PeerConnectionTest, MayBeDestroyedByItsOwnHandlers) {
  open();
  bob.channel->on_text = [this](std::string_view) { bob.connection.reset(); };
  EXPECT_TRUE(alice.channel->send("go"));
  run_until([&] { return !bob.connection; });
  bob.channel.reset();
  loop.run_turn(50ms);
}

TEST_F(PeerConnectionTest, TellsNothingMoreToWhomAHandlerHasDestroyed) {
  std::unique_ptr<PeerConnection> connection;
  bool is_told = false;
  connection = std::make_unique<PeerConnection>(
      runtime, Configuration{.loopback = Loopback::Only},
      Handlers{.negotiation_needed = [&] { is_told = true; },
               .event = [&](const peer::Event&) { connection.reset(); }});
  EXPECT_TRUE(connection->add_transceiver(peer::MediaKind::Audio));
  run_until([&] { return !connection; });
  EXPECT_FALSE(is_told);
}

TEST_F(PeerConnectionTest, EveryCallAfterCloseIsHarmless) {
  alice.connection->close();
  alice.connection->close();
  alice.connection->restart_ice();
  EXPECT_EQ(alice.connection->set_local_description().error().name, Error::Name::InvalidStateError);
  EXPECT_FALSE(alice.connection->create_data_channel({.label = "x"}));
  EXPECT_FALSE(alice.connection->add_transceiver(peer::MediaKind::Video));
}

TEST_F(PeerConnectionTest, RestartsIceWhileItGoesOn) {
  open();
  alice.connection->restart_ice();
  alice.call();
  EXPECT_TRUE(alice.channel->send("still here"));
  run_until([&] { return bob.texts.size() == 1; });
  EXPECT_EQ(alice.connection->connection_state(), peer::ConnectionState::Connected);
}

}  // namespace
}  // namespace duet::rtc
