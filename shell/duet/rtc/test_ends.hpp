// SPDX-License-Identifier: MIT
// Tests' two connections of one program, which meet over real sockets on loopback.
#pragma once

#include <duet/rtc/peer_connection.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace duet::rtc {

/// A connection that answers offers and signals by calls.
struct End {
  explicit End(Runtime& runtime, Configuration configuration = {.loopback = Loopback::Included})
      : connection{std::make_unique<PeerConnection>(
            runtime, std::move(configuration),
            Handlers{
                .ice_candidate =
                    [this](const peer::IceCandidateInit& candidate) {
                      const bool is_end = candidate.candidate.empty();
                      if (passes && !is_end && !passes(candidate.candidate)) return;
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
  std::function<bool(const std::string& candidate)> passes;  // nothing: all are signaled
  std::unique_ptr<PeerConnection> connection;
  std::shared_ptr<DataChannel> channel;
  bool is_open = false;
  bool is_closed = false;
  std::vector<std::string> texts;
  std::size_t binary = 0;
  std::size_t packets = 0;
  std::vector<peer::ConnectionState> states;
};

struct TwoEnds : testing::Test {
  explicit TwoEnds(const Configuration& configuration = {.loopback = Loopback::Included})
      : alice{runtime, configuration}, bob{runtime, configuration} {
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
  End alice;
  End bob;
};

}  // namespace duet::rtc
