// SPDX-License-Identifier: MIT
// What an idle agent costs, and that payload allocates nothing.
#include <duet/base/test_allocations.hpp>
#include <duet/ice/test_lab.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace duet::ice {
namespace {

/// Two agents face to face, without the lab's own memory between them.
struct Couple {
  Couple() {
    a.add_local_address(now, Lab::kAlice);
    b.add_local_address(now, Lab::kBob);
    a.end_of_local_addresses(now);
    b.end_of_local_addresses(now);
    a.set_remote_credentials(now, b.local_credentials());
    b.set_remote_credentials(now, a.local_credentials());
    a.add_remote_candidate(now, b.candidate_stats().at(0).candidate);
    b.add_remote_candidate(now, a.candidate_stats().at(0).candidate);
    a.end_of_remote_candidates(now);
    b.end_of_remote_candidates(now);
    run();
  }

  static Config config(Role role) {
    Config config;
    config.role = role;
    return config;
  }

  void run() {
    for (bool is_busy = true; is_busy;) {
      is_busy = carry(a, b, Lab::kBob, Lab::kAlice);
      is_busy = carry(b, a, Lab::kAlice, Lab::kBob) || is_busy;
      while (a.poll_event() || b.poll_event()) {
      }
    }
  }

  bool carry(Agent& from, Agent& to, const Endpoint& base, const Endpoint& remote) {
    bool is_busy = false;
    while (const auto out = from.poll_transmit(now)) {
      to.handle_datagram(now, base, remote, out->payload);
      is_busy = true;
    }
    return is_busy;
  }

  void wait() {
    const auto next = std::min(*a.next_timeout(), *b.next_timeout());
    now = std::max(now, next);
    a.handle_timeout(now);
    b.handle_timeout(now);
    run();
  }

  Instant now{1000s};
  SeededRandom random{1};
  Agent a{random, config(Role::Controlling)};
  Agent b{random, config(Role::Controlled)};
};

TEST(IceMemory, PayloadAllocatesNothing) {
  Couple couple;
  ASSERT_EQ(couple.a.state(), State::Completed);
  const std::vector<std::byte> payload(1200, std::byte{0x80});
  const std::uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    const auto out = couple.a.send(couple.now, payload);
    ASSERT_TRUE(out && out->payload.data() == payload.data());
    ASSERT_TRUE(couple.b.handle_datagram(couple.now, Lab::kBob, Lab::kAlice, out->payload));
    ASSERT_TRUE(couple.a.next_timeout().has_value());
  }
  EXPECT_EQ(allocations - before, 0u);
}

TEST(IceMemory, AnIdleAgentIsSmall) {
  const std::int64_t before = live_bytes;
  auto couple = std::make_unique<Couple>();
  for (int i = 0; i < 200; ++i) couple->wait();
  const auto each = (live_bytes - before) / 2;
  EXPECT_LE(each, 8 * 1024);
  couple.reset();
  EXPECT_EQ(live_bytes, before);
  RecordProperty("bytes", static_cast<int>(each));
}

}  // namespace
}  // namespace duet::ice
