// SPDX-License-Identifier: MIT
// CRC32c by its published vectors, and both ways of making it against each other.
#include <duet/base/bytes.hpp>
#include <duet/base/random.hpp>
#include <duet/sctp/crc32c.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace duet::sctp {
namespace {

TEST(Crc32c, AgreesWithTheVectorsOfRfc3720) {  // RFC 3720 Appendix B.4
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283);
  std::vector<std::byte> bytes(32);
  EXPECT_EQ(crc32c(bytes), 0x8A9136AA);
  for (std::byte& b : bytes) b = std::byte{0xFF};
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794E);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(31 - i);
  EXPECT_EQ(crc32c(bytes), 0x113FDB5C);
}

TEST(Crc32c, IsTheSameByInstructionAndByTable) {
  SeededRandom random{1};
  std::vector<std::byte> bytes(5000);
  random.fill(bytes);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 7) {
    for (std::size_t start = 0; start < 9; ++start) {
      const auto part = std::span{bytes}.subspan(start).first(std::min(size, bytes.size() - start));
      ASSERT_EQ(crc32c(part), crc32c_by_table(part)) << size << " bytes from " << start;
    }
  }
}

TEST(Crc32c, GoesOnWhereItStopped) {
  const auto whole = as_bytes("some bytes, and some more of them");
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(crc32c(whole.subspan(cut), crc32c(whole.first(cut))), crc32c(whole));
  }
}

}  // namespace
}  // namespace duet::sctp
