// SPDX-License-Identifier: MIT
// An hour of a call in virtual time, or DUET_HOURS of them: sound, pictures and messages, both
// ways.
#include <gtest/gtest.h>
#include <sim/homes.hpp>

#include <malloc.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace duet::sim {
namespace {

/// One end's microphone, camera and keyboard: 50 packets of sound a second, 30 pictures of about
/// 2.5 Mbit/s, a message.
class Speaker {
 public:
  Speaker(World& world, PeerNode& node) : world_{world}, node_{node} {
    say();
    show();
    write();
  }

  std::uint64_t sounds = 0;
  std::uint64_t pictures = 0;  // packets of them
  std::uint64_t messages = 0;

 private:
  static constexpr std::size_t kPacketsAPicture = 9;

  peer::TransceiverId transceiver(std::size_t index) const {
    return node_.connection().negotiation().transceivers()[index].id;
  }

  void say() {
    const rtp::Timestamp time{static_cast<std::uint32_t>(960 * sounds)};
    const std::span<const std::byte> payload{payload_};
    if (node_.connection().send(world_.now(), transceiver(0),
                                {.timestamp = time, .payload = payload.first(80)})) {
      ++sounds;
    }
    world_.in(20ms, [this] { say(); });
  }

  void show() {
    const rtp::Timestamp time{static_cast<std::uint32_t>(3000 * (pictures / kPacketsAPicture))};
    for (std::size_t i = 1; i <= kPacketsAPicture; ++i) {
      if (node_.connection().send(
              world_.now(), transceiver(1),
              {.timestamp = time, .marker = i == kPacketsAPicture, .payload = payload_})) {
        ++pictures;
      }
    }
    world_.in(33'333us, [this] { show(); });
  }

  void write() {
    if (node_.connection().send_text(world_.now(), *node_.channel, "still here")) ++messages;
    world_.in(1s, [this] { write(); });
  }

  World& world_;
  PeerNode& node_;
  std::array<std::byte, 1150> payload_{};
};

struct HourOfCall {
  explicit HourOfCall(std::uint64_t seed)
      : homes{seed,
              {.alice = NatBehaviour::port_restricted_cone(),
               .bob = NatBehaviour::port_restricted_cone(),
               .link = {.rate_bps = 20'000'000,
                        .delay = 15ms,
                        .jitter = 2ms,
                        .loss_percent = 0.2,
                        .duplicate_percent = 0.05,
                        .reorder_percent = 0.2}}} {
    homes.dial();
    EXPECT_TRUE(homes.run_until_open(5s));
    alice.emplace(homes.world, homes.alice);
    bob.emplace(homes.world, homes.bob);
  }

  /// What was received is counted, not kept.
  void run_for(Duration duration) {
    for (const Instant end = homes.world.now() + duration; homes.world.now() < end;) {
      homes.world.run_for(10s);
      for (PeerNode* node : {&homes.alice, &homes.bob}) {
        messages += node->messages.size();
        node->messages.clear();
      }
    }
  }

  Homes homes;
  std::optional<Speaker> alice;
  std::optional<Speaker> bob;
  std::uint64_t messages = 0;
};

/// How long the call lasts; a day wraps every sequence number and time stamp there is.
int hours() {
  const char* const many = std::getenv("DUET_HOURS");
  return many == nullptr ? 1 : std::atoi(many);
}

std::size_t allocated_bytes() { return mallinfo2().uordblks; }

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

TEST(CallHour, LosesNothingThatCountsAndKeepsNothing) {
  const std::chrono::hours length{hours()};
  ASSERT_GE(length, 1h) << "DUET_HOURS";
  const auto seconds = static_cast<std::uint64_t>(std::chrono::seconds{length}.count());
  HourOfCall call{1};
  call.run_for(5min);
  const std::size_t before = allocated_bytes();
  call.run_for(length - 5min);
  const std::size_t after = allocated_bytes();
  // What is on the wires at either moment differs by some packets.
  EXPECT_LE(after, before + 64 * 1024) << "bytes before: " << before;

  EXPECT_GE(call.alice->sounds, seconds * 50 - 10);
  EXPECT_GE(call.alice->pictures, seconds * 270 - 100);
  const std::uint64_t sent = call.alice->sounds + call.alice->pictures;
  EXPECT_GE(call.homes.bob.packets, sent * 99 / 100);
  EXPECT_LE(call.homes.bob.packets, sent);
  call.run_for(10s);
  EXPECT_GE(call.messages, call.alice->messages + call.bob->messages - 4);
  EXPECT_EQ(call.homes.alice.states.back(), peer::ConnectionState::Connected);
  EXPECT_EQ(call.homes.alice.restarts, 0);
  std::printf("%d h of a call: %.1f s of CPU time, %zu bytes more than after 5 min\n", hours(),
              cpu_seconds(), after > before ? after - before : 0);
}

TEST(CallHour, IsTheSameByteForByteFromTheSameSeed) {
  const auto digest_of = [](std::uint64_t seed) {
    HourOfCall call{seed};
    call.run_for(1min);
    return call.homes.world.digest();
  };
  const std::uint64_t digest = digest_of(7);
  EXPECT_EQ(digest_of(7), digest);
  EXPECT_NE(digest_of(8), digest);
}

}  // namespace
}  // namespace duet::sim
