// SPDX-License-Identifier: MIT
// Channels whose peer is an association in the hands of the test.
#include <duet/base/bytes.hpp>
#include <duet/data_channel/channels.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::data_channel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HostilePeer : public testing::Test {
 protected:
  HostilePeer() : peer_{now_, random_, config()}, channels_{now_, random_, config()} {
    channels_.connect(now_, DtlsRole::Client);
    peer_.connect(now_);
    exchange();
  }

  static sctp::Config config() {
    return {.receive_window = 1'000'000, .max_message_size = kLongest, .send_buffer = 64'000'000};
  }

  /// Until nobody has anything to say.
  void exchange() {
    for (bool more = true; more;) {
      more = false;
      while (auto event = channels_.poll_event()) events_.push_back(std::move(*event));
      while (const auto packet = peer_.poll_transmit()) {
        more = true;
        channels_.handle_packet(now_, *packet);
      }
      while (auto event = channels_.poll_event()) events_.push_back(std::move(*event));
      while (const auto packet = channels_.poll_transmit()) {
        more = true;
        peer_.handle_packet(now_, *packet);
      }
      while (peer_.poll_event()) continue;
      if (more) now_ += 1ms;
      peer_.handle_timeout(now_);
      channels_.handle_timeout(now_);
    }
  }

  void send(std::uint16_t stream, sctp::Ppid ppid, std::vector<std::byte> bytes) {
    ASSERT_TRUE(
        peer_.send(now_, sctp::StreamId{stream}, ppid, sctp::Order::Ordered, {}, std::move(bytes)));
    exchange();
  }

  void send(std::uint16_t stream, sctp::Ppid ppid, std::string_view text) {
    const auto bytes = as_bytes(text);
    send(stream, ppid, std::vector(bytes.begin(), bytes.end()));
  }

  void open(std::uint16_t stream) { send(stream, kDcep, DataChannelOpen{}.serialize()); }

  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const Event& event : events_) {
      const auto* const message = std::get_if<MessageReceived>(&event);
      if (message != nullptr) found.emplace_back(as_text(message->bytes));
    }
    return found;
  }

  static constexpr std::size_t kLongest = 65536;

  Instant now_{1s};
  SeededRandom random_{1};
  sctp::Association peer_;
  Channels channels_;
  std::vector<Event> events_;
};

TEST_F(HostilePeer, DeprecatedPiecesAreOneMessage) {  // RFC 8831 §6.6
  open(1);
  send(1, kStringPartial, "one ");
  send(1, kStringPartial, "two ");
  send(1, kString, "three");
  send(1, kString, "four");
  EXPECT_THAT(texts(), ElementsAre("one two three", "four"));
}

TEST_F(HostilePeer, OfAMessageInPiecesThatIsTooLongNothingIsTold) {
  open(1);
  for (int i = 0; i < 3; ++i) send(1, kBinaryPartial, std::vector<std::byte>(kLongest / 2));
  send(1, kBinaryPartial, "more");
  send(1, kBinary, "its end");
  EXPECT_THAT(texts(), IsEmpty());
  send(1, kString, "the next one");
  EXPECT_THAT(texts(), ElementsAre("the next one"));
}

TEST_F(HostilePeer, PiecesOnManyChannelsAreBoundedTogether) {
  constexpr std::uint16_t kChannels = 2 * Channels::kMaxPartials;
  for (std::uint16_t i = 0; i < kChannels; ++i) {
    open(static_cast<std::uint16_t>(2 * i + 1));
    send(static_cast<std::uint16_t>(2 * i + 1), kStringPartial,
         std::string(kLongest - 1, static_cast<char>('a' + i)));
  }
  for (std::uint16_t i = 0; i < kChannels; ++i) {
    send(static_cast<std::uint16_t>(2 * i + 1), kString, "!");
  }
  EXPECT_EQ(texts().size(), Channels::kMaxPartials);
  // Those are through: there is room again.
  send(1, kStringPartial, std::string(kLongest - 1, 'x'));
  send(1, kString, "!");
  EXPECT_EQ(texts().size(), Channels::kMaxPartials + 1);
}

}  // namespace
}  // namespace duet::data_channel
