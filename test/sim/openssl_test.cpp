// SPDX-License-Identifier: MIT
// OpenSSL under a given time and seed.
#include "seeded_openssl.hpp"
#include "virtual_clock.hpp"

#include <gmock/gmock.h>
#include <openssl/rand.h>

#include <sys/time.h>

#include <array>

namespace duet::sim {
namespace {

std::array<unsigned char, 16> draw() {
  std::array<unsigned char, 16> bytes{};
  EXPECT_EQ(RAND_bytes(bytes.data(), 8), 1);
  EXPECT_EQ(RAND_priv_bytes(bytes.data() + 8, 8), 1);
  return bytes;
}

std::array<unsigned char, 16> draw_seeded(std::uint64_t seed) {
  const SeededOpenssl openssl{seed};
  return draw();
}

TEST(SeededOpenssl, RepeatsItself) {
  EXPECT_EQ(draw_seeded(1), draw_seeded(1));
  EXPECT_NE(draw_seeded(1), draw_seeded(2));
}

TEST(SeededOpenssl, LeavesRealRandomnessBehind) {
  draw_seeded(1);
  const auto first = draw();
  draw_seeded(1);
  EXPECT_NE(first, draw());
}

TEST(VirtualClock, IsWhatGettimeofdayTells) {
  timeval before{};
  timeval after{};
  {
    const VirtualClock clock{Instant{5s}};
    gettimeofday(&before, nullptr);
    VirtualClock::set(Instant{6s + 250us});
    gettimeofday(&after, nullptr);
  }
  EXPECT_EQ(after.tv_sec - before.tv_sec, 1);
  EXPECT_EQ(after.tv_usec - before.tv_usec, 250);
  gettimeofday(&after, nullptr);
  EXPECT_GT(after.tv_sec, 1'700'000'000);
}

}  // namespace
}  // namespace duet::sim
