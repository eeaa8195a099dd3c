// SPDX-License-Identifier: MIT
// Channels of two ends that hear each other after 10 ms.
#include <duet/base/bytes.hpp>
#include <duet/data_channel/channels.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>

namespace duet::data_channel {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct End {
  std::unique_ptr<Channels> channels;
  std::vector<Event> events;

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const auto* one = std::get_if<T>(&event)) found.push_back(*one);
    }
    return found;
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const auto& message : all<MessageReceived>()) found.emplace_back(as_text(message.bytes));
    return found;
  }
};

class Pair {
 public:
  explicit Pair(const sctp::Config& config = {}) {
    client.channels = std::make_unique<Channels>(now, random_, config);
    server.channels = std::make_unique<Channels>(now, random_, config);
  }

  void connect() {
    client.channels->connect(now, DtlsRole::Client);
    server.channels->connect(now, DtlsRole::Server);
  }

  void run(Duration time = 1s) {
    const Instant end = now + time;
    for (;;) {
      flush(client, true);
      flush(server, false);
      Instant next = end;
      if (!flying_.empty()) next = std::min(next, flying_.begin()->first);
      for (const End* one : {&client, &server}) {
        if (const auto due = one->channels->next_timeout()) next = std::min(next, *due);
      }
      if (next >= end) break;
      now = std::max(now, next);
      while (!flying_.empty() && flying_.begin()->first <= now) {
        const auto [to_server, bytes] = std::move(flying_.extract(flying_.begin()).mapped());
        (to_server ? server : client).channels->handle_packet(now, bytes);
      }
      client.channels->handle_timeout(now);
      server.channels->handle_timeout(now);
    }
    now = end;
  }

  ChannelId create(End& end, ChannelInit init = {.label = "chat"}) {
    const auto id = end.channels->create(now, std::move(init));
    DUET_CHECK(id.has_value());
    return *id;
  }

  Instant now{1s};
  End client;
  End server;
  std::function<bool(bool to_server)> filter;  // false: lost

 private:
  void flush(End& from, bool to_server) {
    take(from);
    while (const auto packet = from.channels->poll_transmit()) {
      if (filter && !filter(to_server)) continue;
      flying_.emplace(now + 10ms,
                      std::pair{to_server, std::vector(packet->begin(), packet->end())});
    }
    take(from);
  }

  static void take(End& end) {
    while (auto event = end.channels->poll_event()) end.events.push_back(std::move(*event));
  }

  SeededRandom random_{1};
  std::multimap<Instant, std::pair<bool, std::vector<std::byte>>> flying_;
};

TEST(Channels, OpenInBandOnAStreamOfTheirSide) {
  Pair pair;
  const ChannelId early = pair.create(pair.client, {.label = "a", .protocol = "p"});
  EXPECT_EQ(pair.client.channels->state(early), State::Connecting);
  pair.connect();
  pair.run();
  EXPECT_EQ(pair.client.channels->state(early), State::Open);
  EXPECT_EQ(pair.client.channels->find(early)->id, 0);
  const auto announced = pair.server.all<Announced>();
  ASSERT_THAT(announced, SizeIs(1));
  const ChannelInit* there = pair.server.channels->find(announced[0].channel);
  EXPECT_EQ(there->label, "a");
  EXPECT_EQ(there->protocol, "p");
  EXPECT_FALSE(there->negotiated);

  const ChannelId late = pair.create(pair.server);
  EXPECT_EQ(pair.server.channels->find(late)->id, 1);
  EXPECT_EQ(pair.server.channels->state(late), State::Open);
  EXPECT_EQ(pair.client.channels->find(pair.create(pair.client))->id, 2);
}

TEST(Channels, AreAnnouncedOneAndAHalfRoundTripsAfterDtls) {
  Pair pair;
  pair.create(pair.client);
  pair.connect();
  pair.run(31ms);  // INIT, INIT ACK, COOKIE ECHO with OPEN
  EXPECT_THAT(pair.server.all<Announced>(), SizeIs(1));
}

TEST(Channels, CarryStringsBytesAndNothing) {
  Pair pair;
  const ChannelId id = pair.create(pair.client);
  pair.connect();
  pair.run();
  using Kind = MessageReceived::Kind;
  Channels& client = *pair.client.channels;
  EXPECT_TRUE(client.send_text(pair.now, id, "grüße"));
  EXPECT_TRUE(client.send(pair.now, id, Kind::Binary, {std::byte{1}, std::byte{2}}));
  EXPECT_TRUE(client.send_text(pair.now, id, ""));
  EXPECT_TRUE(client.send(pair.now, id, Kind::Binary, {}));
  pair.run();
  const auto got = pair.server.all<MessageReceived>();
  ASSERT_THAT(got, SizeIs(4));
  EXPECT_EQ(as_text(got[0].bytes), "grüße");
  EXPECT_EQ(got[0].kind, Kind::String);
  EXPECT_EQ(got[1].kind, Kind::Binary);
  EXPECT_THAT(got[1].bytes, ElementsAre(std::byte{1}, std::byte{2}));
  EXPECT_EQ(got[2].kind, Kind::String);
  EXPECT_TRUE(got[2].bytes.empty());
  EXPECT_EQ(got[3].kind, Kind::Binary);
  EXPECT_TRUE(got[3].bytes.empty());
}

TEST(Channels, AnswerOnTheSameChannel) {
  Pair pair;
  pair.create(pair.client);
  pair.connect();
  pair.run();
  const ChannelId there = pair.server.all<Announced>().at(0).channel;
  EXPECT_TRUE(pair.server.channels->send_text(pair.now, there, "hello"));
  pair.run();
  EXPECT_THAT(pair.client.texts(), ElementsAre("hello"));
}

TEST(Channels, NegotiatedOnesSayNothingAndKeepWhatCameTooEarly) {
  Pair pair;
  const ChannelInit init{.label = "n", .negotiated = true, .id = 7};
  const ChannelId here = pair.create(pair.client, init);
  pair.connect();
  pair.run();
  EXPECT_TRUE(pair.client.channels->send_text(pair.now, here, "early"));
  pair.run();
  EXPECT_TRUE(pair.server.all<Announced>().empty());
  const ChannelId there = pair.create(pair.server, init);
  pair.run();
  EXPECT_THAT(pair.server.texts(), ElementsAre("early"));
  EXPECT_TRUE(pair.server.channels->send_text(pair.now, there, "late"));
  pair.run();
  EXPECT_THAT(pair.client.texts(), ElementsAre("late"));
}

TEST(Channels, CloseAtBothEndsAndTheirStreamIsUsedAgain) {
  Pair pair;
  const ChannelId id = pair.create(pair.client);
  pair.connect();
  pair.run();
  const ChannelId there = pair.server.all<Announced>().at(0).channel;
  EXPECT_TRUE(pair.client.channels->send_text(pair.now, id, "last"));
  pair.client.channels->close(pair.now, id);
  EXPECT_EQ(pair.client.channels->state(id), State::Closing);
  EXPECT_EQ(pair.client.channels->send_text(pair.now, id, "no").error(),
            ChannelError::InvalidStateError);
  pair.run();
  EXPECT_THAT(pair.server.texts(), ElementsAre("last"));
  EXPECT_THAT(pair.server.all<ChannelClosing>(), SizeIs(1));
  EXPECT_EQ(pair.client.channels->state(id), State::Closed);
  EXPECT_EQ(pair.server.channels->state(there), State::Closed);
  EXPECT_THAT(pair.client.all<ChannelClosed>(), SizeIs(1));

  const ChannelId again = pair.create(pair.client, {.label = "again"});
  EXPECT_EQ(pair.client.channels->find(again)->id, 0);
  EXPECT_TRUE(pair.client.channels->send_text(pair.now, again, "new life"));
  pair.run();
  EXPECT_THAT(pair.server.texts(), ElementsAre("last", "new life"));
  EXPECT_EQ(pair.server.channels->find(pair.server.all<Announced>().at(1).channel)->label, "again");
}

TEST(Channels, CloseWhenBothEndsCloseAtOnce) {
  Pair pair;
  const ChannelId id = pair.create(pair.client);
  pair.connect();
  pair.run();
  pair.client.channels->close(pair.now, id);
  pair.server.channels->close(pair.now, pair.server.all<Announced>().at(0).channel);
  pair.run();
  EXPECT_EQ(pair.client.channels->size(), 0);
  EXPECT_EQ(pair.server.channels->size(), 0);
}

TEST(Channels, CloseDespiteALossyPath) {
  Pair pair;
  SeededRandom dice{3};
  pair.filter = [&](bool) { return dice.u64() % 4 != 0; };
  pair.connect();
  pair.run(10s);
  for (int i = 0; i < 20; ++i) {
    const ChannelId id = pair.create(pair.client, {.label = std::to_string(i)});
    EXPECT_TRUE(pair.client.channels->send_text(pair.now, id, std::to_string(i)));
    pair.client.channels->close(pair.now, id);
    pair.run(300ms);
  }
  pair.run(30s);
  EXPECT_EQ(pair.client.channels->size(), 0);
  EXPECT_EQ(pair.server.channels->size(), 0);
  EXPECT_THAT(pair.server.texts(), SizeIs(20));
}

TEST(Channels, ClosedBeforeTheyConnectAreGoneSoonAfter) {
  Pair pair;
  const ChannelId never = pair.create(pair.client);
  pair.client.channels->close(pair.now, never);
  EXPECT_EQ(pair.client.channels->state(never), State::Closed);
  pair.connect();
  const ChannelId soon = pair.create(pair.client);
  pair.client.channels->close(pair.now, soon);
  pair.run();
  EXPECT_EQ(pair.client.channels->size(), 0);
  EXPECT_EQ(pair.server.channels->size(), 0);
}

TEST(Channels, RefuseInTheWordsOfTheW3c) {
  Pair pair;
  Channels& client = *pair.client.channels;
  const auto error = [&](const ChannelInit& init) { return client.create(pair.now, init).error(); };
  EXPECT_EQ(error({.label = std::string(65536, 'x')}), ChannelError::TypeError);
  EXPECT_EQ(error({.protocol = std::string(65536, 'x')}), ChannelError::TypeError);
  EXPECT_EQ(error({.max_packet_life_time = 1, .max_retransmits = 1}), ChannelError::TypeError);
  EXPECT_EQ(error({.negotiated = true}), ChannelError::TypeError);
  EXPECT_EQ(error({.negotiated = true, .id = 65535}), ChannelError::TypeError);
  pair.create(pair.client, {.negotiated = true, .id = 4});
  EXPECT_EQ(error({.negotiated = true, .id = 4}), ChannelError::OperationError);

  const ChannelId id = pair.create(pair.client);
  EXPECT_EQ(client.send_text(pair.now, id, "x").error(), ChannelError::InvalidStateError);
  pair.connect();
  pair.run();
  using Kind = MessageReceived::Kind;
  EXPECT_EQ(client.send(pair.now, id, Kind::Binary, std::vector<std::byte>(65537)).error(),
            ChannelError::TypeError);
  Result<void, ChannelError> sent;
  for (int i = 0; i < 300 && sent; ++i) {
    sent = client.send(pair.now, id, Kind::Binary, std::vector<std::byte>(65536));
  }
  EXPECT_EQ(sent.error(), ChannelError::OperationError);
  EXPECT_EQ(client.state(id), State::Open);
}

TEST(Channels, TellWhenTheBufferIsLow) {
  Pair pair;
  const ChannelId id = pair.create(pair.client);
  pair.client.channels->set_buffered_amount_low_threshold(id, 1000);
  pair.connect();
  pair.run();
  EXPECT_TRUE(pair.client.channels->send_text(pair.now, id, std::string(50000, 'x')));
  EXPECT_EQ(pair.client.channels->buffered_amount(id), 50000);
  EXPECT_TRUE(pair.client.all<BufferedAmountLow>().empty());
  pair.run();
  EXPECT_EQ(pair.client.channels->buffered_amount(id), 0);
  EXPECT_THAT(pair.client.all<BufferedAmountLow>(), SizeIs(1));
}

TEST(Channels, WhatOpensThemIsNobodysBuffer) {
  Pair pair;
  const ChannelId id = pair.create(pair.client);
  pair.connect();
  EXPECT_EQ(pair.client.channels->buffered_amount(id), 0);
  pair.run();
  EXPECT_TRUE(pair.client.all<BufferedAmountLow>().empty());
  EXPECT_TRUE(pair.server.all<BufferedAmountLow>().empty());
  EXPECT_THAT(pair.server.all<Announced>(), SizeIs(1));
}

TEST(Channels, AreRefusedWhenTheStreamsOfTheirSideAreUsedUp) {
  Pair pair;
  pair.client.channels->connect(pair.now, DtlsRole::Client);
  for (int i = 0; i < 32768; ++i) {  // 0, 2, ... 65534
    const auto id = pair.client.channels->create(
        pair.now, {.negotiated = true, .id = static_cast<std::uint16_t>(2 * i)});
    ASSERT_TRUE(id) << i;
  }
  EXPECT_EQ(pair.client.channels->create(pair.now, {}).error(), ChannelError::OperationError);
}

TEST(Channels, NoMessageOvertakesItsOpen) {  // RFC 8832 §6
  Pair pair;
  pair.connect();
  pair.run();
  bool lose = true;  // the packet with OPEN
  pair.filter = [&](bool to_server) { return !to_server || !std::exchange(lose, false); };
  const ChannelId id = pair.create(pair.client, {.label = "u", .ordered = false});
  pair.run(1ms);
  EXPECT_TRUE(pair.client.channels->send_text(pair.now, id, "behind it"));
  pair.run();
  ASSERT_THAT(pair.server.events, testing::Not(testing::IsEmpty()));
  EXPECT_THAT(pair.server.all<Announced>(), SizeIs(1));
  EXPECT_THAT(pair.server.texts(), ElementsAre("behind it"));
  EXPECT_EQ(pair.server.channels->messages_dropped(), 0);
  EXPECT_FALSE(pair.server.channels->find(pair.server.all<Announced>()[0].channel)->ordered);
}

TEST(Channels, APeerThatOpensMoreThanThereIsRoomForIsRefused) {
  Pair pair;
  pair.connect();
  pair.run();
  for (std::size_t i = 0; i < Channels::kMaxPeerChannels + 10; ++i) pair.create(pair.client);
  pair.run(5s);
  EXPECT_EQ(pair.server.channels->size(), Channels::kMaxPeerChannels);
  EXPECT_EQ(pair.client.channels->size(), Channels::kMaxPeerChannels);
  EXPECT_THAT(pair.client.all<ChannelClosed>(), SizeIs(10));
}

TEST(Channels, NamesOfAPeersChannelsAreBounded) {
  Pair pair;
  pair.connect();
  pair.run();
  for (int i = 0; i < 20; ++i) pair.create(pair.client, {.label = std::string(30000, 'x')});
  pair.run(5s);
  EXPECT_EQ(pair.server.channels->size(), Channels::kMaxPeerNames / 30000);
}

TEST(Channels, EndWithTheirTransport) {
  Pair pair;
  const ChannelId id = pair.create(pair.client);
  pair.connect();
  pair.run();
  pair.server.channels->abort_transport(pair.now, "enough");
  pair.run();
  EXPECT_EQ(pair.client.channels->state(id), State::Closed);
  EXPECT_EQ(pair.client.all<ChannelClosed>().at(0).error, "OperationError: the transport failed");
  EXPECT_EQ(pair.client.all<TransportClosed>().at(0).text, "enough");
  EXPECT_EQ(pair.client.channels->create(pair.now, {}).error(), ChannelError::InvalidStateError);
  EXPECT_EQ(pair.server.all<ChannelClosed>().at(0).error, "");
}

}  // namespace
}  // namespace duet::data_channel
