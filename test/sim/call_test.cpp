// SPDX-License-Identifier: MIT
// Whole calls over modelled networks, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sim/peer_node.hpp>
#include <sim/seeded_openssl.hpp>
#include <sim/virtual_clock.hpp>
#include <sim/world.hpp>

#include <array>
#include <string>
#include <vector>

namespace duet::sim {
namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

/// Two hosts on the internet, at `link` from it each.
struct Call {
  explicit Call(std::uint64_t seed, Link link = {.delay = 10ms})
      : openssl{seed},
        world{seed},
        clock{world.now()},
        alice_host{
            world.network().add_host(world.network().internet(), {ip("198.51.100.1")}, link, link)},
        bob_host{
            world.network().add_host(world.network().internet(), {ip("198.51.100.2")}, link, link)},
        alice{world, alice_host},
        bob{world, bob_host} {
    alice.signal_to(bob, 0ms);
    bob.signal_to(alice, 0ms);
    world.on_time(VirtualClock::set);
    start = world.now();
  }

  void dial() {
    (void)alice.connection().create_data_channel(world.now(), {.label = "chat"});
    (void)alice.connection().add_transceiver(world.now(), peer::MediaKind::Audio);
    (void)alice.connection().add_transceiver(world.now(), peer::MediaKind::Video);
    alice.call();
  }

  bool run_until_open(Duration limit) {
    return world.run_until([&] { return alice.channel_open && bob.channel_open; }, limit);
  }

  SeededOpenssl openssl;
  World world;
  VirtualClock clock;
  HostId alice_host;
  HostId bob_host;
  PeerNode alice;
  PeerNode bob;
  Instant start;
};

TEST(CallSim, MediaIsPossibleAfterThreeRoundTripsAndAChannelOpensAfterFive) {
  for (const Duration round_trip : {2ms, 40ms, 120ms, 240ms, 400ms, 600ms}) {
    SCOPED_TRACE(round_trip / 1ms);
    Call call{1, {.delay = round_trip / 4}};  // two links each way
    call.dial();
    ASSERT_TRUE(call.run_until_open(10s));
    EXPECT_TRUE(call.alice.errors.empty());
    EXPECT_LE(*call.alice.media_ready - call.start, 3 * round_trip + 5ms);
    EXPECT_LE(*call.bob.media_ready - call.start, 3 * round_trip + 5ms);
    EXPECT_LE(*call.alice.channel_open - call.start, 5 * round_trip + 5ms);
    EXPECT_LE(*call.bob.channel_open - call.start, 5 * round_trip + 5ms);
  }
}

TEST(CallSim, TheSameSeedGivesTheSameBytes) {
  const auto digest_of = [](std::uint64_t seed) {
    Call call{seed, {.delay = 10ms, .jitter = 10ms, .loss_percent = 10}};
    call.dial();
    call.world.run_for(5s);
    return call.world.digest();
  };
  EXPECT_EQ(digest_of(7), digest_of(7));
  EXPECT_NE(digest_of(7), digest_of(8));
}

TEST(CallSim, ConnectsOverALossyPath) {
  constexpr Duration kRoundTrip = 40ms;
  std::vector<Duration> times;
  for (const std::uint64_t seed : seeds(100)) {
    SCOPED_TRACE(replay_hint(seed));
    Call call{seed, {.delay = 10ms, .loss_percent = 2.532}};  // 5 % end to end: two links each way
    call.dial();
    ASSERT_TRUE(call.run_until_open(10s));
    times.push_back(std::max(*call.alice.channel_open, *call.bob.channel_open) - call.start);
  }
  std::ranges::sort(times);
  EXPECT_LE(times[times.size() * 95 / 100], 8 * kRoundTrip + 50ms);
}

TEST(CallSim, MessagesArriveWholeAndInOrder) {
  for (const std::uint64_t seed : seeds(10)) {
    SCOPED_TRACE(replay_hint(seed));
    Call call{seed, {.delay = 20ms, .jitter = 10ms, .loss_percent = 3, .reorder_percent = 2}};
    call.dial();
    ASSERT_TRUE(call.run_until_open(10s));
    for (int i = 0; i < 50; ++i) {
      const std::string text =
          std::to_string(i) + std::string(static_cast<std::size_t>(i) * 400, 'x');
      EXPECT_TRUE(call.alice.connection().send_text(call.world.now(), *call.alice.channel, text));
    }
    ASSERT_TRUE(call.world.run_until([&] { return call.bob.messages.size() == 50; }, 20s));
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(
          as_text(call.bob.messages[static_cast<std::size_t>(i)]).starts_with(std::to_string(i)));
    }
  }
}

TEST(CallSim, CarriesMediaBothWays) {
  Call call{3};
  call.dial();
  ASSERT_TRUE(call.run_until_open(2s));
  const std::array<std::byte, 100> payload{};
  const auto send = [&](PeerNode& node) {
    const auto id = node.connection().negotiation().transceivers()[0].id;
    for (std::uint32_t i = 0; i < 50; ++i) {
      const auto sent = node.connection().send(
          call.world.now(), id, {.timestamp = rtp::Timestamp{960 * i}, .payload = payload});
      ASSERT_TRUE(sent) << sent.error().message;
    }
  };
  send(call.alice);
  call.world.run_for(1s);
  EXPECT_EQ(call.bob.packets, 50U);
}

}  // namespace
}  // namespace duet::sim
