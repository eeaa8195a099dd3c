// SPDX-License-Identifier: MIT
// Whole associations over a modelled link.
#include <duet/sctp/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace duet::sctp {
namespace {

TEST(SctpAssociation, ConnectsWhenBothEndsBeginAtOnce) {
  Lab lab;
  EXPECT_TRUE(lab.run_connected());
  EXPECT_EQ(lab.now - Instant{1s},
            30ms);  // INIT, INIT ACK, COOKIE ECHO: one and a half round trips
  lab.run_for(1s);
  EXPECT_NE(lab.a.find<Connected>(), nullptr);
  EXPECT_NE(lab.b.find<Connected>(), nullptr);
}

TEST(SctpAssociation, CarriesMessagesOfManySizes) {
  Lab lab;
  ASSERT_TRUE(lab.run_connected());
  for (const std::size_t size : {1U, 3U, 1000U, 1200U, 5000U, 65536U}) {
    ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(size)));
  }
  ASSERT_TRUE(lab.run_until([&] { return lab.b.messages.size() == 6; }));
  for (const Message& message : lab.b.messages) {
    EXPECT_EQ(message.bytes, Lab::pattern(message.bytes.size()));
  }
}

TEST(SctpAssociation, UsesSixTenthsOfALongPathThatLosesAThousandth) {
  Config config;
  config.round_trip = 100ms;
  Lab lab{{.delay = 50ms, .rate_bps = 100e6, .loss = 0.001, .queue = 625'000}, config};
  ASSERT_TRUE(lab.run_connected());
  lab.b.keeps_messages = false;
  const auto fill = [&] {
    while (lab.a.association->buffered(StreamId{1}) < 1'000'000 &&
           lab.send(lab.a, 1, Lab::pattern(65536))) {
    }
    return false;
  };
  const Instant start = lab.now;
  lab.run_until(fill, 20s);
  const double rate = static_cast<double>(lab.b.bytes_received) * 8 /
                      std::chrono::duration<double>(lab.now - start).count();
  EXPECT_GE(rate, 60e6);
}

TEST(SctpAssociation, FillsACleanPath) {
  Config config;
  config.round_trip = 40ms;
  Lab lab{{.delay = 20ms, .rate_bps = 50e6, .queue = 250'000}, config};
  ASSERT_TRUE(lab.run_connected());
  lab.b.keeps_messages = false;
  lab.run_until(
      [&] {
        while (lab.a.association->buffered(StreamId{1}) < 1'000'000 &&
               lab.send(lab.a, 1, Lab::pattern(65536))) {
        }
        return false;
      },
      10s);
  EXPECT_GE(static_cast<double>(lab.b.bytes_received) * 8 / 10, 0.9 * 50e6);
}

TEST(SctpAssociation, DeliversInOrderWhateverTheNetworkDoes) {
  for (const bool interleaving : {false, true}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", interleaving " << interleaving);
      Config config;
      config.interleaving = interleaving;
      Lab lab{{.loss = 0.1, .jitter = 15ms, .duplication = 0.05}, config, seed};
      ASSERT_TRUE(lab.run_connected());
      for (std::size_t i = 0; i < 60; ++i) {
        ASSERT_TRUE(lab.send(lab.a, static_cast<std::uint16_t>(i % 3),
                             Lab::pattern(1 + i * i * 7, static_cast<std::uint8_t>(i))));
      }
      ASSERT_TRUE(lab.run_until([&] { return lab.b.messages.size() == 60; }, 60s));
      std::array<std::size_t, 3> last{};
      for (const Message& message : lab.b.messages) {
        std::size_t& before = last[message.stream.value()];
        EXPECT_GT(message.bytes.size(), before);
        before = message.bytes.size();
      }
    }
  }
}

TEST(SctpAssociation, InterleavesASmallMessageWithALargeOne) {  // RFC 8260 §1
  for (const bool interleaving : {false, true}) {
    Config config;
    config.interleaving = interleaving;
    config.peer_max_message_size = 1 << 20;
    Lab lab{{.rate_bps = 10e6}, config};
    ASSERT_TRUE(lab.run_connected());
    ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(500'000)));
    lab.run_for(100ms);
    ASSERT_TRUE(lab.send(lab.a, 2, Lab::pattern(10)));
    ASSERT_TRUE(lab.run_until([&] { return lab.b.messages.size() == 2; }));
    EXPECT_EQ(lab.b.messages[0].bytes.size(), interleaving ? 10 : 500'000);
  }
}

TEST(SctpAssociation, SharesThePathByWeight) {  // RFC 8260 §3.6
  Config config;
  Lab lab{{.rate_bps = 10e6}, config};
  ASSERT_TRUE(lab.run_connected());
  lab.a.association->set_weight(StreamId{1}, 128);
  lab.a.association->set_weight(StreamId{2}, 1024);
  for (int i = 0; i < 200; ++i) {
    for (const int stream : {1, 2}) {
      ASSERT_TRUE(lab.send(lab.a, static_cast<std::uint16_t>(stream), Lab::pattern(10'000)));
    }
  }
  lab.run_for(1s);
  std::array<std::size_t, 3> bytes{};
  for (const Message& message : lab.b.messages) bytes[message.stream.value()] += 1;
  EXPECT_NEAR(static_cast<double>(bytes[2]) / static_cast<double>(bytes[1]), 8, 1.5);
}

TEST(SctpAssociation, GivesUpWhatMayNotBeSentAgainAndGoesOn) {  // RFC 3758
  for (const bool interleaving : {false, true}) {
    for (const Order order : {Order::Ordered, Order::Unordered}) {
      Config config;
      config.interleaving = interleaving;
      Lab lab{{.loss = 0.15}, config};
      ASSERT_TRUE(lab.run_connected());
      for (std::size_t i = 0; i < 200; ++i) {
        ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(3000, static_cast<std::uint8_t>(i)), order,
                             {.max_retransmits = 0}));
        lab.run_for(5ms);
      }
      lab.link().loss = 0;
      lab.run_for(5s);
      ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(10), order));
      lab.run_for(1s);
      EXPECT_EQ(lab.b.messages.back().bytes.size(), 10);
      EXPECT_GT(lab.b.messages.size(), 60);
      EXPECT_LT(lab.b.messages.size(), 190);
    }
  }
}

TEST(SctpAssociation, DropsWhatLivedTooLongBeforeItsTurn) {
  Lab lab{{.rate_bps = 1e6}};
  ASSERT_TRUE(lab.run_connected());
  ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(60'000)));
  ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(20), Order::Ordered, {.lifetime = 50ms}));
  ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(30)));
  ASSERT_TRUE(lab.run_until([&] { return lab.b.messages.size() == 2; }));
  EXPECT_EQ(lab.b.messages[1].bytes.size(), 30);
}

TEST(SctpAssociation, ALifeOfNoTimeIsOneTry) {
  Lab lab;
  ASSERT_TRUE(lab.run_connected());
  ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(100), Order::Ordered, {.lifetime = 0ms}));
  lab.run_for(1s);
  EXPECT_EQ(lab.b.messages.size(), 1);
}

TEST(SctpAssociation, FindsTheLongestPacketOfThePath) {  // RFC 8899
  Config config;
  config.max_mtu = kMaxMtu;
  for (const auto& [carried, found] :
       {std::pair{1191, 1192}, {1435, 1432}, {9000, 8912}, {65536, 16384}}) {
    Lab lab{{}, config};
    lab.link().mtu = std::max<std::size_t>(static_cast<std::size_t>(carried), kBaseMtu);
    ASSERT_TRUE(lab.run_connected());
    lab.run_for(10s);
    EXPECT_EQ(lab.a.association->mtu(), found);
    ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(60'000)));
    EXPECT_TRUE(lab.run_until([&] { return !lab.b.messages.empty(); }, 5s));
  }
}

TEST(SctpAssociation, GoesOnWhereThePathBecomesNarrower) {  // RFC 9260 §6.9
  Config config;
  config.max_mtu = 1432;
  for (const bool is_told : {true, false}) {
    Lab lab{{.rate_bps = 10e6}, config};
    ASSERT_TRUE(lab.run_connected());
    lab.run_for(2s);
    ASSERT_EQ(lab.a.association->mtu(), 1432);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(60'000)));
    lab.run_for(50ms);
    lab.link().mtu = 1300;
    if (is_told) {
      lab.a.association->handle_path_changed(lab.now, 20ms);
      lab.b.association->handle_path_changed(lab.now, 20ms);
    }
    EXPECT_TRUE(lab.run_until([&] { return lab.b.messages.size() == 5; }, 5s));
    EXPECT_EQ(lab.a.association->mtu(), kBaseMtu);
  }
}

TEST(SctpAssociation, SendsZeroChecksumsOnlyWhereBothAgreed) {  // RFC 9653 §5.2
  for (const bool theirs : {true, false}) {
    Config other;
    other.zero_checksum = theirs;
    Lab lab{{}, Config{}, other, 1};
    std::size_t zeros = 0;
    std::size_t zero_setups = 0;
    lab.on_sent = [&](bool, const std::vector<std::byte>& bytes) {
      if (load32(bytes.data() + 8) != 0) return;
      ++zeros;
      const auto type = static_cast<ChunkType>(bytes[12]);
      zero_setups +=
          type == ChunkType::Init || type == ChunkType::InitAck || type == ChunkType::CookieEcho;
    };
    ASSERT_TRUE(lab.run_connected());
    ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(50'000)));
    ASSERT_TRUE(lab.run_until([&] { return !lab.b.messages.empty(); }));
    EXPECT_EQ(zeros > 0, theirs);
    EXPECT_EQ(zero_setups, 0);
  }
}

TEST(SctpAssociation, ComesAboutThoughAnyOneOfItsPacketsIsLost) {
  Config config;
  config.round_trip = 20ms;
  for (int lost = 0; lost < 8; ++lost) {
    Lab lab{{}, config};
    int count = 0;
    lab.filter = [&](bool, const std::vector<std::byte>&) { return count++ != lost; };
    const Instant start = lab.now;
    EXPECT_TRUE(lab.run_connected());
    EXPECT_LE(lab.now - start, 30ms + 60ms) << "without packet " << lost;
  }
}

TEST(SctpAssociation, BeginsAnewWhenThePeerDoes) {  // RFC 9260 §5.2.4.1
  Lab lab;
  ASSERT_TRUE(lab.run_connected());
  lab.b.association = std::make_unique<Association>(lab.now, lab.random(), Config{});
  lab.b.association->connect(lab.now);
  ASSERT_TRUE(lab.run_until([&] { return lab.a.find<Restarted>() != nullptr; }));
  ASSERT_TRUE(lab.run_until([&] { return lab.b.association->is_connected(); }));
  ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(5000)));
  ASSERT_TRUE(lab.send(lab.b, 1, Lab::pattern(5000)));
  EXPECT_TRUE(lab.run_until([&] { return !lab.a.messages.empty() && !lab.b.messages.empty(); }));
}

TEST(SctpAssociation, GoesOnAfterAnOutage) {
  Lab lab;
  ASSERT_TRUE(lab.run_connected());
  lab.link().loss = 1;
  ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(5000)));
  lab.run_for(30s);
  lab.link().loss = 0;
  EXPECT_TRUE(lab.run_until([&] { return !lab.b.messages.empty(); }, kMaxRto + 1s));
}

TEST(SctpAssociation, GivesUpASilentPeerAfterAboutAMinute) {
  Lab lab;
  ASSERT_TRUE(lab.run_connected());
  lab.link().loss = 1;
  ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(5000)));
  const Instant start = lab.now;
  ASSERT_TRUE(lab.run_until([&] { return lab.a.find<Closed>() != nullptr; }, 300s));
  EXPECT_EQ(lab.a.find<Closed>()->reason, Closed::Reason::TimedOut);
  EXPECT_GT(lab.now - start, 40s);
  EXPECT_LT(lab.now - start, 90s);
}

TEST(SctpAssociation, StopsForAnApplicationThatTakesNothingAndGoesOnWhenItDoes) {
  Config config;
  config.max_message_size = 65536;
  config.receive_window = 131072;
  Lab lab{{}, config};
  ASSERT_TRUE(lab.run_connected());
  lab.b.takes_events = false;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(lab.send(lab.a, 1, Lab::pattern(10'000)));
  lab.run_for(5s);
  EXPECT_GT(lab.a.association->buffered(StreamId{1}), 100'000);
  lab.b.takes_events = true;
  EXPECT_TRUE(lab.run_until([&] { return lab.b.messages.size() == 40; }, 20s));
}

TEST(SctpAssociation, IsSilentWhileIdle) {
  Lab lab;
  ASSERT_TRUE(lab.run_connected());
  lab.run_for(1s);
  const std::size_t before = lab.a.packets_sent + lab.b.packets_sent;
  lab.run_for(60s);
  EXPECT_LE(lab.a.packets_sent + lab.b.packets_sent - before, 8);  // heartbeats and their answers
}

}  // namespace
}  // namespace duet::sctp
