// SPDX-License-Identifier: MIT
// Guessing the rollover counter (RFC 3711 §3.3.1, appendix A).
#include <duet/srtp/packet_index.hpp>

#include <gmock/gmock.h>

namespace duet::srtp {
namespace {

constexpr PacketIndex index(std::uint64_t roc, std::uint16_t sequence) {
  return roc << 16 | sequence;
}

TEST(PacketIndex, OfTheFirstPacketIsItsSequenceNumber) {
  EXPECT_EQ(guess_index(std::nullopt, 65535), index(0, 65535));
}

TEST(PacketIndex, RollsOverForwardsAndBackwards) {
  EXPECT_EQ(guess_index(index(0, 65535), 0), index(1, 0));
  EXPECT_EQ(guess_index(index(1, 0), 65535), index(0, 65535));
  EXPECT_EQ(guess_index(index(7, 40000), 39000), index(7, 39000));
  EXPECT_EQ(guess_index(index(7, 100), 200), index(7, 200));
}

TEST(PacketIndex, StaysInItsPeriodAtExactlyHalfOfIt) {  // RFC 3711 appendix A, both comparisons
  EXPECT_EQ(guess_index(index(3, 100), 100 + 32768), index(3, 100 + 32768));
  EXPECT_EQ(guess_index(index(3, 100), 100 + 32769), index(2, 100 + 32769));
  EXPECT_EQ(guess_index(index(3, 40000), 40000 - 32768), index(3, 40000 - 32768));
  EXPECT_EQ(guess_index(index(3, 40000), 40000 - 32769), index(4, 40000 - 32769));
}

TEST(PacketIndex, HasABeginningAndAnEnd) {
  EXPECT_EQ(guess_index(index(0, 5), 65000), std::nullopt);
  EXPECT_EQ(guess_index(kMaxIndex, 0), std::nullopt);
  EXPECT_EQ(guess_index(kMaxIndex, 65534), kMaxIndex - 1);
}

}  // namespace
}  // namespace duet::srtp
