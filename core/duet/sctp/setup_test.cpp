// SPDX-License-Identifier: MIT
// The set-up with a peer that becomes another one half way (RFC 9260 §5.2).
#include <duet/sctp/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::sctp {
namespace {

/// One end that connects; its peer is the test.
class SctpSetup : public testing::Test {
 protected:
  SctpSetup() : association_{now_, random_, config()} {}

  static Config config() {
    Config config;
    config.interleaving = false;
    return config;
  }

  static Init peer(std::uint32_t tag, std::uint16_t streams) {
    return {.tag = VerificationTag{tag},
            .window = 100'000,
            .outgoing_streams = 65535,
            .incoming_streams = streams,
            .initial_tsn = Tsn{tag}};
  }

  void give(VerificationTag tag, ChunkType type, std::span<const std::byte> value) {
    std::array<std::byte, 1200> buffer{};
    PacketWriter out{buffer, 5000, 5000, tag};
    out.add(type, 0, value);
    association_.handle_packet(now_, out.finish(ChecksumRule::Crc32c));
  }

  /// What is sent now: chunks of all packets, the values copied.
  std::vector<std::pair<ChunkType, std::vector<std::byte>>> chunks() {
    std::vector<std::pair<ChunkType, std::vector<std::byte>>> out;
    while (const auto packet = association_.poll_transmit()) {
      ChunkReader reader{Packet::parse(*packet, ChecksumRule::Crc32cOrZero)->chunks};
      while (const auto chunk = reader.next()) {
        out.emplace_back(chunk->type, std::vector(chunk->value.begin(), chunk->value.end()));
      }
    }
    return out;
  }

  std::vector<std::byte> sent(ChunkType type) {
    for (auto& [each, value] : chunks()) {
      if (each == type) return value;
    }
    return {};
  }

  void answer_init(Init init) {
    init.cookie = {std::byte{1}};
    give(association_.local_init().tag, ChunkType::InitAck, init.serialize());
  }

  /// The other one's INIT, and then the cookie that it was given.
  void collide(const Init& init) {
    give(VerificationTag{}, ChunkType::Init, init.serialize());
    const auto answer = Init::parse(sent(ChunkType::InitAck), Init::Kind::InitAck);
    ASSERT_TRUE(answer);
    give(answer->tag, ChunkType::CookieEcho, answer->cookie);
  }

  Instant now_{1s};
  SeededRandom random_{1};
  Association association_;
};

// Part of a message went along with the first one's cookie.
TEST_F(SctpSetup, APeerThatTurnsIntoOneWithFewerStreamsGetsNothingOfThem) {
  association_.connect(now_);
  ASSERT_TRUE(
      association_.send(now_, StreamId{9}, Ppid{50}, Order::Ordered, {}, Lab::pattern(5000)));
  ASSERT_FALSE(sent(ChunkType::Init).empty());
  answer_init(peer(100, 65535));
  ASSERT_FALSE(sent(ChunkType::Data).empty());
  collide(peer(200, 1));
  EXPECT_TRUE(association_.is_connected());
  for (const auto& [type, value] : chunks()) EXPECT_NE(type, ChunkType::Data);
  for (int i = 0; i < 10; ++i) {
    now_ += 5s;
    association_.handle_timeout(now_);
    for (const auto& [type, value] : chunks()) EXPECT_NE(type, ChunkType::Data);
  }
}

TEST_F(SctpSetup, APeerThatTurnsIntoAnotherGetsWhatTheFirstOneDid) {
  association_.connect(now_);
  ASSERT_TRUE(
      association_.send(now_, StreamId{9}, Ppid{50}, Order::Ordered, {}, Lab::pattern(5000)));
  ASSERT_FALSE(sent(ChunkType::Init).empty());
  answer_init(peer(100, 65535));
  ASSERT_FALSE(sent(ChunkType::Data).empty());
  collide(peer(200, 65535));
  std::size_t bytes = 0;
  std::vector<std::uint32_t> tsns;
  for (const auto& [type, value] : chunks()) {
    if (type != ChunkType::Data) continue;
    bytes += value.size() - kDataHeaderSize;
    tsns.push_back(load32(value.data()));
  }
  EXPECT_EQ(bytes, 5000);
  ASSERT_FALSE(tsns.empty());
  EXPECT_EQ(tsns[0], association_.local_init().initial_tsn.value());
}

}  // namespace
}  // namespace duet::sctp
