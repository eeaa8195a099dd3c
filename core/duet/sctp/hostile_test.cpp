// SPDX-License-Identifier: MIT
// A peer that knows the tags and lies: every class of it by name.
#include <duet/sctp/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::sctp {
namespace {

using Reason = Closed::Reason;

/// One end, and whatever the test puts together as its peer.
class Hostile : public testing::Test {
 protected:
  explicit Hostile(Config config = small()) : lab_{{}, config} {
    lab_.on_sent = [&](bool to_b, const std::vector<std::byte>& bytes) {
      const auto packet = Packet::parse(bytes, ChecksumRule::Crc32cOrZero);
      if (to_b && packet->tag != VerificationTag{}) tag_of_b_ = packet->tag;
      if (!to_b) from_b_.push_back(bytes);
    };
    EXPECT_TRUE(lab_.run_connected());
    lab_.run_for(100ms);
    from_b_.clear();
  }

  static Config small() {
    Config config;
    config.interleaving = false;
    config.max_message_size = 32768;
    config.receive_window = 65536;
    return config;
  }

  Association& b() { return *lab_.b.association; }

  /// The TSN that follows what b has.
  Tsn next() const { return lab_.a.association->local_init().initial_tsn + sent_; }

  void give(const std::function<void(PacketWriter&)>& fill) {
    std::array<std::byte, 65536> buffer{};
    PacketWriter out{buffer, 5000, 5000, tag_of_b_};
    fill(out);
    b().handle_packet(lab_.now, out.finish(ChecksumRule::Crc32c));
  }

  void give(ChunkType type, std::uint8_t flags, const std::vector<std::uint8_t>& value) {
    give([&](PacketWriter& out) { out.add(type, flags, std::as_bytes(std::span{value})); });
  }

  void give_data(Tsn tsn, std::uint8_t flags, std::uint32_t message, std::size_t size,
                 std::uint16_t stream = 1, bool is_interleaved = false) {
    const auto bytes = Lab::pattern(size);
    give([&](PacketWriter& out) {
      DataChunk{.is_interleaved = is_interleaved,
                .flags = flags,
                .tsn = tsn,
                .stream = StreamId{stream},
                .message = message,
                .ppid = Ppid{53},
                .payload = bytes}
          .serialize(out);
    });
  }

  static std::vector<std::uint8_t> words(std::initializer_list<std::uint32_t> values) {
    std::vector<std::uint8_t> out;
    for (const std::uint32_t value : values) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
      }
    }
    return out;
  }

  std::vector<Event> events() {
    std::vector<Event> out;
    while (auto event = b().poll_event()) out.push_back(std::move(*event));
    return out;
  }

  const Closed* closed() {
    events_ = events();
    for (const Event& event : events_) {
      if (const auto* found = std::get_if<Closed>(&event)) return found;
    }
    return nullptr;
  }

  /// Packets that b has to say, dropped.
  std::size_t drain() {
    std::size_t count = 0;
    while (b().poll_transmit()) ++count;
    return count;
  }

  /// Still there, and still delivering.
  void expect_alive() {
    EXPECT_EQ(closed(), nullptr);
    lab_.b.messages.clear();
    ASSERT_TRUE(lab_.send(lab_.a, 9, Lab::pattern(100)));
    EXPECT_TRUE(lab_.run_until([&] { return !lab_.b.messages.empty(); }, 5s));
  }

  Lab lab_;
  VerificationTag tag_of_b_;
  std::vector<std::vector<std::byte>> from_b_;
  std::vector<Event> events_;
  std::uint32_t sent_ = 0;
};

TEST_F(Hostile, PacketsWithAnotherTagOrPortOrChecksumChangeNothing) {
  std::array<std::byte, 64> buffer{};
  for (int what = 0; what < 3; ++what) {
    PacketWriter out{buffer, static_cast<std::uint16_t>(what == 0 ? 5001 : 5000), 5000,
                     VerificationTag{tag_of_b_.value() + (what == 1 ? 1U : 0U)}};
    out.add(ChunkType::Abort, 0, std::size_t{0});
    std::vector<std::byte> packet;
    const auto made = out.finish(ChecksumRule::Crc32c);
    packet.assign(made.begin(), made.end());
    if (what == 2) packet[8] ^= std::byte{1};
    b().handle_packet(lab_.now, packet);
  }
  EXPECT_EQ(b().statistics().packets_dropped, 3);
  expect_alive();
}

TEST_F(Hostile, AZeroTagIsForInitAlone) {
  const auto before = b().statistics().packets_dropped;
  std::array<std::byte, 64> buffer{};
  PacketWriter out{buffer, 5000, 5000, VerificationTag{}};
  out.add(ChunkType::Abort, 1, std::size_t{0});
  b().handle_packet(lab_.now, out.finish(ChecksumRule::Crc32c));
  EXPECT_EQ(b().statistics().packets_dropped, before + 1);
  expect_alive();
}

TEST_F(Hostile, InitsThatLieAreDropped) {
  const std::vector<std::vector<std::uint8_t>> lies{
      words({0, 100000, 0x00010001, 1}),               // tag zero
      words({7, 100000, 0x00000001, 1}),               // no streams out
      words({7, 100000, 0x00010000, 1}),               // no streams in
      words({7, 100, 0x00010001, 1}),                  // no window
      words({7, 100000, 0x00010001}),                  // cut short
      words({7, 100000, 0x00010001, 1, 0x80080003}),   // a parameter shorter than its head
      words({7, 100000, 0x00010001, 1, 0x8008FFFF})};  // and one longer than what there is
  for (const auto& lie : lies) {
    std::array<std::byte, 256> buffer{};
    PacketWriter out{buffer, 5000, 5000, VerificationTag{}};
    out.add(ChunkType::Init, 0, std::as_bytes(std::span{lie}));
    b().handle_packet(lab_.now, out.finish(ChecksumRule::Crc32c));
  }
  EXPECT_EQ(b().statistics().chunks_dropped, lies.size());
  EXPECT_EQ(drain(), 0);
  expect_alive();
}

TEST_F(Hostile, AThousandUnknownParametersMakeNoLongAnswer) {
  auto init = words({7, 100000, 0x00010001, 1});
  for (int i = 0; i < 1000; ++i) {
    const auto parameter = words({0xFFFF0008, 1});
    init.insert(init.end(), parameter.begin(), parameter.end());
  }
  std::vector<std::byte> buffer(20000);
  PacketWriter out{buffer, 5000, 5000, VerificationTag{}};
  out.add(ChunkType::Init, 0, std::as_bytes(std::span{init}));
  b().handle_packet(lab_.now, out.finish(ChecksumRule::Crc32c));
  const auto answer = b().poll_transmit();
  ASSERT_TRUE(answer);
  EXPECT_LT(answer->size(), kBaseMtu);
  expect_alive();
}

TEST_F(Hostile, AFloodOfInitsIsAnsweredABoundedNumberOfTimes) {
  for (int i = 0; i < 10000; ++i) {
    std::array<std::byte, 64> buffer{};
    PacketWriter out{buffer, 5000, 5000, VerificationTag{}};
    const auto init = words({7, 100000, 0x00010001, 1});
    out.add(ChunkType::Init, 0, std::as_bytes(std::span{init}));
    b().handle_packet(lab_.now, out.finish(ChecksumRule::Crc32c));
  }
  EXPECT_EQ(drain(), Association::kMaxReplies);
  expect_alive();
}

TEST_F(Hostile, ForgedCookiesAreDropped) {
  const auto before = b().statistics().packets_dropped;
  give(ChunkType::CookieEcho, 0, std::vector<std::uint8_t>(CookieMaker::kSize, 1));
  give(ChunkType::CookieEcho, 0, {});
  EXPECT_EQ(b().statistics().packets_dropped, before + 2);
  EXPECT_EQ(drain(), 0);
  expect_alive();
}

TEST_F(Hostile, AnAcknowledgementOfWhatWasNotSentEndsIt) {
  const Tsn unsent = b().local_init().initial_tsn + 1000;
  give(ChunkType::Sack, 0, words({unsent.value(), 100000, 0}));
  const Closed* end = closed();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->reason, Reason::ProtocolViolation);
}

TEST_F(Hostile, GapBlocksThatLieAcknowledgeNothing) {
  ASSERT_TRUE(lab_.send(lab_.b, 1, Lab::pattern(5000)));
  EXPECT_GT(drain(), 3);
  const Tsn before = b().local_init().initial_tsn - 1;
  give(ChunkType::Sack, 0,
       words({before.value(), 100000, 0x00040000, 0x00030002, 0xFFFFFFFF, 0x00000001, 0x00FF0100}));
  EXPECT_EQ(b().statistics().retransmissions, 0);
  EXPECT_EQ(closed(), nullptr);
  lab_.run_for(1s);
  EXPECT_THAT(lab_.a.messages, testing::SizeIs(1));
}

TEST_F(Hostile, WhoTakesBackWhatItHadIsSentItAgain) {  // RFC 9260 §6.2.1
  const Tsn first = b().local_init().initial_tsn;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(lab_.send(lab_.b, 1, Lab::pattern(1000), Order::Unordered));
  }
  EXPECT_EQ(drain(), 3);
  give(ChunkType::Sack, 0, words({(first - 1).value(), 100000, 0x00010000, 0x00020003}));
  give(ChunkType::Sack, 0, words({first.value(), 100000, 0}));
  lab_.run_for(5s);
  EXPECT_THAT(lab_.a.messages, testing::SizeIs(2));
  EXPECT_EQ(closed(), nullptr);
}

TEST_F(Hostile, MoreGapBlocksThanTheChunkHoldsAreNoSack) {
  const auto before = b().statistics().chunks_dropped;
  give(ChunkType::Sack, 0, words({1, 100000, 0xFFFFFFFF, 1}));
  EXPECT_EQ(b().statistics().chunks_dropped, before + 1);
  expect_alive();
}

TEST_F(Hostile, AJumpOfTsnsIsRefused) {
  give_data(next() + 0x10000, 3, 0, 10);
  give_data(next() + 0x7FFFFFF0, 3, 0, 10);
  EXPECT_EQ(b().statistics().chunks_dropped, 2);
  expect_alive();
}

TEST_F(Hostile, AFloodOfDuplicatesCostsOneSackEach) {
  give_data(next(), 3, 0, 10);
  drain();
  for (int i = 0; i < 10000; ++i) give_data(next(), 3, 0, 10);
  EXPECT_EQ(drain(), 1);
  EXPECT_EQ(b().statistics().chunks_duplicate, 10000);
}

class HostileInterleaving : public Hostile {
 protected:
  HostileInterleaving() : Hostile{interleaving()} {}

  static Config interleaving() {
    Config config = small();
    config.interleaving = true;
    return config;
  }
};

TEST_F(HostileInterleaving, HoardedFragmentsAreBoundedByTheWindow) {
  // First fragments without last ones, on streams of their own.
  std::uint32_t i = 0;
  for (; i < 1000 && !b().is_closed(); ++i) {
    give_data(next() + i, kFlagBegin, 0, 1000, static_cast<std::uint16_t>(i), true);
  }
  EXPECT_LT(i, 110);  // 64 KiB of window and 32 KiB more
  const Closed* end = closed();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->reason, Reason::OutOfResource);
}

TEST_F(Hostile, OfFirstFragmentsInARowOnlyTheLastIsKept) {
  for (std::uint32_t i = 0; i < 1000; ++i) give_data(next() + i, kFlagBegin, 0, 1000);
  EXPECT_EQ(closed(), nullptr);
  EXPECT_EQ(b().statistics().chunks_dropped, 0);
}

TEST_F(Hostile, FragmentsBehindAGapAreBoundedInNumberToo) {
  for (std::uint32_t i = 0; i < 5000; ++i) give_data(next() + 2 * i + 1, 0, 0, 1);
  EXPECT_GE(b().statistics().chunks_dropped, 5000 - TsnTracker::kMaxRanges);
  EXPECT_EQ(closed(), nullptr);
}

TEST_F(Hostile, AMessageLongerThanAllowedEndsIt) {
  for (std::uint32_t i = 0; i < 40; ++i) give_data(next() + i, i == 0 ? kFlagBegin : 0, 0, 1000);
  const Closed* end = closed();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->reason, Reason::ProtocolViolation);
  EXPECT_EQ(end->text, "message too long");
}

TEST_F(Hostile, DataWithoutDataEndsIt) {
  give(ChunkType::Data, 3, words({next().value(), 0x00010000, 53}));
  const Closed* end = closed();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->reason, Reason::ProtocolViolation);
}

TEST_F(Hostile, InterleavedDataThatWasNotAgreedOnEndsIt) {
  give(ChunkType::IData, 3, words({next().value(), 0x00010000, 0, 53, 1}));
  const Closed* end = closed();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->reason, Reason::ProtocolViolation);
}

TEST_F(Hostile, AForwardJumpSkipsAndNothingElse) {
  give(ChunkType::ForwardTsn, 0, words({(next() + 0x7FFFFFF0).value(), 0x00010005}));
  EXPECT_EQ(closed(), nullptr);
  EXPECT_EQ(drain(), 1);
  give(ChunkType::ForwardTsn, 0, words({next().value()}));  // backwards
  EXPECT_EQ(closed(), nullptr);
}

TEST_F(Hostile, AFloodOfResetRequestsIsAnsweredABoundedNumberOfTimes) {
  const std::uint32_t first = lab_.a.association->local_init().initial_tsn.value();
  for (std::uint32_t i = 0; i < 5000; ++i) {
    give(ChunkType::ReConfig, 0,
         words({0x000D0012, first + i, 0, (next() - 1).value(), 0x00010000}));
  }
  EXPECT_EQ(drain(), 1);
  EXPECT_EQ(closed(), nullptr);
}

TEST_F(Hostile, ResetRequestsOutOfSequenceAreRefused) {
  const std::uint32_t first = lab_.a.association->local_init().initial_tsn.value();
  give(ChunkType::ReConfig, 0, words({0x000D0012, first + 7, 0, (next() - 1).value(), 0x00010000}));
  for (const Event& event : events()) EXPECT_FALSE(std::holds_alternative<IncomingReset>(event));
  expect_alive();
}

TEST_F(Hostile, AChunkShorterThanItsHeadEndsThePacket) {
  for (const unsigned length : {0U, 1U, 3U}) {
    std::array<std::byte, 64> buffer{};
    PacketWriter out{buffer, 5000, 5000, tag_of_b_};
    out.add(ChunkType::Pad, 0, std::size_t{8});
    out.add(ChunkType::Abort, 0, std::size_t{0});
    std::vector<std::byte> packet;
    const auto made = out.finish(ChecksumRule::Crc32cOrZero);
    packet.assign(made.begin(), made.end());
    packet[15] = static_cast<std::byte>(length);
    b().handle_packet(lab_.now, packet);
  }
  expect_alive();
}

TEST_F(Hostile, PadAndUnknownChunksAreSkippedAsTheirTypesSay) {
  give([](PacketWriter& out) {
    out.add(ChunkType::Pad, 0, std::size_t{100});
    out.add(ChunkType{0xBF}, 0, std::size_t{4});  // 10: skip
    out.add(ChunkType::Heartbeat, 0, std::size_t{8});
  });
  EXPECT_EQ(drain(), 1);  // HEARTBEAT ACK
  give([](PacketWriter& out) {
    out.add(ChunkType{0x3F}, 0, std::size_t{4});  // 00: stop
    out.add(ChunkType::Heartbeat, 0, std::size_t{8});
  });
  EXPECT_EQ(drain(), 0);
  give([](PacketWriter& out) { out.add(ChunkType{0xFF}, 0, std::size_t{4}); });  // 11: tell
  EXPECT_EQ(drain(), 1);
  expect_alive();
}

TEST_F(Hostile, HeartbeatAcksThatWereNotAskedForChangeNothing) {
  const Duration before = b().round_trip();
  give(ChunkType::HeartbeatAck, 0, words({0x0001000C, 1, 2}));
  give(ChunkType::HeartbeatAck, 0, {});
  EXPECT_EQ(b().round_trip(), before);
  expect_alive();
}

}  // namespace
}  // namespace duet::sctp
