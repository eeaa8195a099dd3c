// SPDX-License-Identifier: MIT
// Two connections of one program, over real sockets on loopback.
#include <duet/net/udp_socket.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace duet::rtc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A connection that answers offers and signals by calls.
struct End {
  explicit End(Runtime& runtime, Configuration configuration = {.loopback = Loopback::Included})
      : connection{std::make_unique<PeerConnection>(
            runtime, std::move(configuration),
            Handlers{
                .ice_candidate =
                    [this](const peer::IceCandidateInit& candidate) {
                      if (mate->connection) {
                        EXPECT_TRUE(mate->connection->add_ice_candidate(candidate));
                      }
                    },
                .connection_state =
                    [this](peer::ConnectionState state) { states.push_back(state); },
                .data_channel = [this](const std::shared_ptr<DataChannel>& made) { adopt(made); },
                .media = [this](const peer::MediaReceived&) { ++packets; }})} {}

  void adopt(const std::shared_ptr<DataChannel>& made) {
    channel = made;
    channel->on_open = [this] { is_open = true; };
    channel->on_text = [this](std::string_view text) { texts.emplace_back(text); };
    channel->on_binary = [this](std::span<const std::byte> bytes) { binary += bytes.size(); };
    channel->on_close = [this](const std::string&) { is_closed = true; };
  }

  void call() {
    ASSERT_TRUE(connection->set_local_description());
    ASSERT_TRUE(mate->connection->set_remote_description(*connection->local_description()));
    ASSERT_TRUE(mate->connection->set_local_description());
    ASSERT_TRUE(connection->set_remote_description(*mate->connection->local_description()));
  }

  End* mate = nullptr;
  std::unique_ptr<PeerConnection> connection;
  std::shared_ptr<DataChannel> channel;
  bool is_open = false;
  bool is_closed = false;
  std::vector<std::string> texts;
  std::size_t binary = 0;
  std::size_t packets = 0;
  std::vector<peer::ConnectionState> states;
};

struct PeerConnectionTest : testing::Test {
  PeerConnectionTest() {
    alice.mate = &bob;
    bob.mate = &alice;
  }

  void open() {
    alice.adopt(*alice.connection->create_data_channel({.label = "chat"}));
    alice.call();
    run_until([this] { return alice.is_open && bob.channel; });
  }

  void run_until(const std::function<bool()>& condition) {
    for (const Instant end = loop.now() + 5s; !condition() && loop.now() < end;) {
      loop.run_turn(50ms);
    }
    EXPECT_TRUE(condition());
  }

  net::EventLoop loop;
  SeededRandom random{1};
  Runtime runtime{loop, random};
  End alice{runtime};
  End bob{runtime};
};

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
