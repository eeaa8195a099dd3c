// SPDX-License-Identifier: MIT
// Duet's association and libusrsctp's, over a link of 10 ms.
#include "peer.hpp"
#include <duet/base/random.hpp>
#include <duet/sctp/association.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sim/virtual_clock.hpp>

#include <functional>
#include <map>
#include <memory>
#include <variant>

namespace duet::usrsctp {
namespace {

using sctp::Order;
using sctp::StreamId;
using testing::ElementsAre;

std::vector<std::byte> pattern(std::size_t size, std::size_t seed = 0) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 7 + i / 251 + seed);
  return out;
}

class Oracle {
 public:
  explicit Oracle(Options options = {}, double loss = 0, sctp::Config config = {})
      : peer{options}, loss_{loss} {
    config.peer_max_message_size = 1 << 20;
    us = std::make_unique<sctp::Association>(now_, random_, config);
  }

  bool run_until(const std::function<bool()>& done, Duration most = 60s) {
    for (const Instant end = now_ + most; now_ < end; now_ += 1ms) {
      sim::VirtualClock::set(now_);
      while (!flying_.empty() && flying_.begin()->first <= now_) {
        const auto [to_peer, bytes] = std::move(flying_.extract(flying_.begin()).mapped());
        if (to_peer) {
          peer.handle_packet(bytes);
        } else {
          us->handle_packet(now_, bytes);
        }
      }
      us->handle_timeout(now_);
      peer.handle_time(1);
      while (auto event = us->poll_event()) {
        if (auto* message = std::get_if<sctp::Message>(&*event)) {
          messages.push_back(std::move(*message));
        } else {
          events.push_back(std::move(*event));
        }
      }
      while (const auto packet = us->poll_transmit()) fly(true, {packet->begin(), packet->end()});
      while (auto packet = peer.poll_transmit()) fly(false, std::move(*packet));
      if (done()) return true;
    }
    return done();
  }

  bool connect() {
    us->connect(now_);
    peer.connect();
    return run_until([&] { return us->is_connected() && peer.is_up(); });
  }

  bool send(std::uint16_t stream, std::vector<std::byte> bytes, Order order = Order::Ordered,
            sctp::Reliability reliability = {}) {
    return us->send(now_, StreamId{stream}, sctp::Ppid{53}, order, reliability, std::move(bytes))
        .has_value();
  }

  Instant now() const { return now_; }

  void set_loss(double loss) { loss_ = loss; }

  template <class T>
  std::size_t count() const {
    std::size_t found = 0;
    for (const auto& event : events) found += std::holds_alternative<T>(event) ? 1 : 0;
    return found;
  }

  sim::VirtualClock clock{Instant{1s}};  // libusrsctp looks at it
  Peer peer;
  std::unique_ptr<sctp::Association> us;
  std::vector<sctp::Message> messages;
  std::vector<sctp::Event> events;

 private:
  void fly(bool to_peer, std::vector<std::byte> bytes) {
    if (static_cast<double>(random_.u64() >> 11) * 0x1p-53 < loss_) return;
    flying_.emplace(now_ + 10ms, std::pair{to_peer, std::move(bytes)});
  }

  SeededRandom random_{1};
  Instant now_{1s};
  double loss_;
  std::multimap<Instant, std::pair<bool, std::vector<std::byte>>> flying_;
};

void exchange(Oracle& oracle) {
  constexpr std::size_t kSizes[] = {1, 100, 1175, 1176, 1177, 5000, 65536, 262144};
  for (std::size_t i = 0; i < std::size(kSizes); ++i) {
    ASSERT_TRUE(oracle.send(1, pattern(kSizes[i], i)));
    ASSERT_TRUE(oracle.peer.send(2, 51, pattern(kSizes[i], i + 100)));
  }
  ASSERT_TRUE(oracle.run_until([&] {
    return oracle.messages.size() == std::size(kSizes) &&
           oracle.peer.messages.size() == std::size(kSizes);
  })) << oracle.messages.size()
      << " came here, " << oracle.peer.messages.size() << " there";
  for (std::size_t i = 0; i < std::size(kSizes); ++i) {
    EXPECT_EQ(oracle.messages[i].bytes, pattern(kSizes[i], i + 100));
    EXPECT_EQ(oracle.messages[i].ppid, sctp::Ppid{51});
    EXPECT_EQ(oracle.peer.messages[i].bytes, pattern(kSizes[i], i));
    EXPECT_EQ(oracle.peer.messages[i].stream, 1);
    EXPECT_EQ(oracle.peer.messages[i].ppid, 53);
  }
}

TEST(Usrsctp, ConnectsWhenBothBeginAtOnceAndExchangesMessages) {
  Oracle oracle;
  ASSERT_TRUE(oracle.connect());
  EXPECT_FALSE(oracle.us->extensions().interleaving);
  EXPECT_TRUE(oracle.us->extensions().forward_tsn);
  EXPECT_TRUE(oracle.us->extensions().reconfig);
  exchange(oracle);
}

TEST(Usrsctp, ConnectsWhenItBegins) {
  Oracle oracle;
  oracle.peer.connect();
  ASSERT_TRUE(oracle.run_until([&] { return oracle.us->is_connected() && oracle.peer.is_up(); }));
  exchange(oracle);
}

TEST(Usrsctp, ExchangesInterleavedMessages) {
  Oracle oracle{{.interleaving = true}};
  ASSERT_TRUE(oracle.connect());
  ASSERT_TRUE(oracle.us->extensions().interleaving);
  exchange(oracle);
}

TEST(Usrsctp, ExchangesMessagesWhereOnePacketInTwentyIsLost) {
  for (const bool interleaving : {false, true}) {
    SCOPED_TRACE(interleaving);
    Oracle oracle{{.interleaving = interleaving}, 0.05};
    ASSERT_TRUE(oracle.connect());
    exchange(oracle);
  }
}

TEST(Usrsctp, AgreesOnWhatIsGivenUp) {
  for (const bool interleaving : {false, true}) {
    for (const Order order : {Order::Ordered, Order::Unordered}) {
      SCOPED_TRACE(testing::Message() << interleaving << (order == Order::Ordered));
      Oracle oracle{{.interleaving = interleaving}};
      ASSERT_TRUE(oracle.connect());
      oracle.set_loss(0.2);
      for (std::size_t i = 0; i < 100; ++i) {
        ASSERT_TRUE(oracle.send(1, pattern(3000, i), order, {.max_retransmits = 0}));
        ASSERT_TRUE(
            oracle.peer.send(2, 53, pattern(3000, i),
                             {.is_unordered = order == Order::Unordered, .max_retransmits = 0}));
        oracle.run_until([] { return false; }, 5ms);
      }
      oracle.run_until([] { return false; }, 10s);
      oracle.set_loss(0);
      // Whatever was given up, what comes after it on the same streams is delivered.
      ASSERT_TRUE(oracle.send(1, pattern(10, 7), order));
      ASSERT_TRUE(
          oracle.peer.send(2, 53, pattern(10, 7), {.is_unordered = order == Order::Unordered}));
      EXPECT_TRUE(oracle.run_until([&] {
        return !oracle.messages.empty() && oracle.messages.back().bytes == pattern(10, 7) &&
               !oracle.peer.messages.empty() && oracle.peer.messages.back().bytes == pattern(10, 7);
      }));
      // Half of them lose none of their three packets.
      EXPECT_LT(oracle.peer.messages.size(), 80);
      EXPECT_GT(oracle.peer.messages.size(), 35);
      EXPECT_LT(oracle.messages.size(), 80);
      EXPECT_GT(oracle.messages.size(), 10);
    }
  }
}

TEST(Usrsctp, ResetsStreamsBothWaysAndUsesThemAgain) {
  Oracle oracle;
  ASSERT_TRUE(oracle.connect());
  ASSERT_TRUE(oracle.send(3, pattern(100000)));
  ASSERT_TRUE(oracle.us->reset_stream(oracle.now(), StreamId{3}));
  ASSERT_TRUE(oracle.run_until([&] { return oracle.count<sctp::OutgoingReset>() == 1; }));
  EXPECT_THAT(oracle.peer.incoming_resets, ElementsAre(3));
  EXPECT_EQ(oracle.peer.messages.size(), 1);

  ASSERT_TRUE(oracle.peer.send(3, 53, pattern(100000)));
  ASSERT_TRUE(oracle.run_until([&] { return oracle.messages.size() == 1; }));
  ASSERT_TRUE(oracle.peer.reset_stream(3));
  ASSERT_TRUE(oracle.run_until([&] { return oracle.count<sctp::IncomingReset>() == 1; }));
  ASSERT_TRUE(oracle.run_until([&] { return !oracle.peer.outgoing_resets.empty(); }));

  ASSERT_TRUE(oracle.send(3, pattern(50)));
  ASSERT_TRUE(oracle.peer.send(3, 53, pattern(50)));
  EXPECT_TRUE(oracle.run_until(
      [&] { return oracle.messages.size() == 2 && oracle.peer.messages.size() == 2; }));
}

TEST(Usrsctp, AddsStreamsBothWays) {
  Oracle oracle{{.streams = 16}};
  ASSERT_TRUE(oracle.connect());
  EXPECT_EQ(oracle.us->outgoing_streams(), 16);
  EXPECT_EQ(oracle.us->incoming_streams(), 16);
  ASSERT_TRUE(oracle.peer.add_streams(8));
  ASSERT_TRUE(oracle.run_until([&] { return oracle.us->incoming_streams() == 24; }));
  oracle.run_until([] { return false; }, 50ms);  // until it hears so
  ASSERT_TRUE(oracle.peer.send(20, 53, pattern(10)));
  EXPECT_TRUE(oracle.run_until([&] { return oracle.messages.size() == 1; }));
}

TEST(Usrsctp, EndsByShutdownFromEitherSide) {
  for (const bool from_us : {true, false}) {
    SCOPED_TRACE(from_us);
    Oracle oracle;
    ASSERT_TRUE(oracle.connect());
    ASSERT_TRUE(oracle.send(1, pattern(50000)));
    if (from_us) {
      oracle.us->close(oracle.now());
    } else {
      oracle.run_until([&] { return oracle.peer.messages.size() == 1; });
      oracle.peer.shutdown();
    }
    EXPECT_TRUE(
        oracle.run_until([&] { return oracle.us->is_closed() && oracle.peer.is_closed(); }));
    EXPECT_EQ(oracle.peer.messages.size(), 1);
    const auto* closed = std::get_if<sctp::Closed>(&oracle.events.back());
    ASSERT_NE(closed, nullptr);
    EXPECT_EQ(closed->reason, sctp::Closed::Reason::Shutdown);
  }
}

}  // namespace
}  // namespace duet::usrsctp
