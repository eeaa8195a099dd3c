// SPDX-License-Identifier: MIT
// Stream resets with peers that go about them in another way than we do (RFC 6525).
#include <duet/sctp/test_lab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::sctp {
namespace {

using testing::ElementsAre;
using Result = ReconfigResult;

constexpr std::uint16_t kRequest = 13;
constexpr std::uint16_t kResponse = 16;

/// One end, whose peer is the test.
class SctpReset : public testing::Test {
 protected:
  SctpReset() {
    lab_.on_sent = [&](bool to_b, const std::vector<std::byte>& bytes) {
      if (to_b) {
        tag_ = Packet::parse(bytes, ChecksumRule::Crc32cOrZero)->tag;
      } else {
        look_at(bytes);
      }
    };
    EXPECT_TRUE(lab_.run_connected());
    lab_.run_for(100ms);
    lab_.filter = [](bool, const std::vector<std::byte>&) { return false; };
  }

  Association& b() { return *lab_.b.association; }

  void look_at(std::span<const std::byte> bytes) {
    ChunkReader chunks{Packet::parse(bytes, ChecksumRule::Crc32cOrZero)->chunks};
    while (const auto chunk = chunks.next()) {
      if (chunk->type != ChunkType::ReConfig) continue;
      ParameterReader parameters{chunk->value};
      while (const auto parameter = parameters.next()) {
        const std::uint32_t number = load32(parameter->value.data());
        if (parameter->type == kRequest) requests_.push_back(number);
        if (parameter->type != kResponse) continue;
        answers_.emplace_back(number, static_cast<Result>(load32(parameter->value.data() + 4)));
      }
    }
  }

  void give(const std::function<void(PacketWriter&)>& fill) {
    std::array<std::byte, 1200> buffer{};
    PacketWriter out{buffer, 5000, 5000, tag_};
    fill(out);
    b().handle_packet(lab_.now, out.finish(ChecksumRule::Crc32c));
    lab_.flush(lab_.b, lab_.a);
  }

  void give_reconfig(std::uint16_t type, std::initializer_list<std::uint32_t> words,
                     std::vector<std::uint16_t> streams = {}) {
    std::vector<std::byte> value;
    for (const std::uint32_t word : words) {
      value.resize(value.size() + 4);
      store32(value.data() + value.size() - 4, word);
    }
    for (const std::uint16_t stream : streams) {
      value.resize(value.size() + 2);
      store16(value.data() + value.size() - 2, stream);
    }
    std::vector<std::byte> chunk;
    append_parameter(chunk, type, value);
    give([&](PacketWriter& out) { out.add(ChunkType::ReConfig, 0, chunk); });
  }

  /// The peer asks for a reset of its stream 1, the n-th time under another number.
  void ask(std::uint32_t n, Tsn last) {
    give_reconfig(kRequest, {first() + n, first() + n - 1, last.value()}, {1});
  }

  void give_data(Tsn tsn) {
    const auto bytes = Lab::pattern(100);
    give([&](PacketWriter& out) {
      DataChunk{.is_interleaved = b().extensions().interleaving,
                .flags = kFlagBegin | kFlagEnd,
                .tsn = tsn,
                .stream = StreamId{1},
                .ppid = Ppid{53},
                .payload = bytes}
          .serialize(out);
    });
  }

  std::uint32_t first() const { return lab_.a.association->local_init().initial_tsn.value(); }

  std::size_t resets() const {
    return static_cast<std::size_t>(std::count_if(
        lab_.b.events.begin(), lab_.b.events.end(),
        [](const Event& event) { return std::holds_alternative<IncomingReset>(event); }));
  }

  Lab lab_;
  VerificationTag tag_;
  std::vector<std::uint32_t> requests_;
  std::vector<std::pair<std::uint32_t, Result>> answers_;
};

// As libwebrtc asked until 2025: each time that it hears "in progress", under the next number.
TEST_F(SctpReset, AskedForAgainUnderAnotherNumberWhileItWaitsIsPerformedOnce) {
  const Tsn last{first()};
  ask(0, last);
  ask(1, last);
  ask(1, last);
  EXPECT_EQ(resets(), 0);
  give_data(last);
  EXPECT_EQ(resets(), 1);
  ask(2, last);
  EXPECT_EQ(resets(), 1);
  EXPECT_THAT(answers_, ElementsAre(std::pair{first(), Result::InProgress},
                                    std::pair{first() + 1, Result::InProgress},
                                    std::pair{first() + 1, Result::InProgress},
                                    std::pair{first() + 1, Result::Performed},
                                    std::pair{first() + 2, Result::Performed}));
}

TEST_F(SctpReset, AskedForAnotherStreamWhileOneWaitsIsOutOfTurn) {  // §5.2.1
  const Tsn last{first()};
  ask(0, last);
  give_reconfig(kRequest, {first() + 1, first(), last.value()}, {2});
  EXPECT_THAT(answers_, ElementsAre(std::pair{first(), Result::InProgress},
                                    std::pair{first() + 1, Result::AlreadyInProgress}));
}

TEST_F(SctpReset, AskedForAnewAfterItsStreamWasUsedIsPerformedAnew) {
  ask(0, Tsn{first()});
  give_data(Tsn{first()});
  give_data(Tsn{first() + 1});
  ask(1, Tsn{first() + 1});
  EXPECT_EQ(resets(), 2);
  EXPECT_EQ(lab_.b.messages.size(), 2);
}

// libwebrtc until 2025 repeats what it said to the same number, and looks again under another.
TEST_F(SctpReset, AsksUnderAnotherNumberWhereInProgressIsSaidTwice) {
  ASSERT_TRUE(b().reset_stream(lab_.now, StreamId{1}));
  lab_.flush(lab_.b, lab_.a);
  const std::uint32_t number = b().local_init().initial_tsn.value();
  ASSERT_THAT(requests_, ElementsAre(number));
  const auto answer = [&](std::uint32_t to, Result result) {
    give_reconfig(kResponse, {to, static_cast<std::uint32_t>(result)});
    lab_.run_for(3s);
  };
  answer(number, Result::InProgress);
  EXPECT_THAT(requests_, testing::Each(number));
  answer(number, Result::InProgress);
  EXPECT_EQ(requests_.back(), number + 1);
  EXPECT_EQ(lab_.b.find<OutgoingReset>(), nullptr);
  answer(number + 1, Result::Performed);
  ASSERT_NE(lab_.b.find<OutgoingReset>(), nullptr);
  EXPECT_TRUE(lab_.b.find<OutgoingReset>()->is_performed);
  EXPECT_EQ(lab_.b.find<Closed>(), nullptr);
}

}  // namespace
}  // namespace duet::sctp
