// SPDX-License-Identifier: MIT
// Tests of redundant blocks and of parity headers.
#include <duet/rtp/red.hpp>
#include <duet/rtp/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::rtp {
namespace {

using testing::ElementsAreArray;

TEST(RtpRed, ReadsBlocksAsTheRfcDrawsThem) {  // RFC 2198 §4
  // LPC with an offset of 16383 and 3 bytes, then the primary of type 5.
  const auto payload = from_hex("87 fffc03 05 010203 0a0b");
  const auto red = Red::parse(Timestamp{100}, payload);
  ASSERT_TRUE(red);
  ASSERT_EQ(red->blocks().size(), 2u);
  EXPECT_EQ(red->blocks()[0].payload_type, PayloadType{7});
  EXPECT_EQ(red->blocks()[0].timestamp, Timestamp{100} + -16383);
  EXPECT_THAT(red->blocks()[0].data, ElementsAreArray(from_hex("010203")));
  EXPECT_EQ(red->primary().payload_type, PayloadType{5});
  EXPECT_EQ(red->primary().timestamp, Timestamp{100});
  EXPECT_THAT(red->primary().data, ElementsAreArray(from_hex("0a0b")));
  std::array<std::byte, 20> again{};
  EXPECT_THAT(write_red(red->blocks(), again), ElementsAreArray(payload));
}

TEST(RtpRed, NoBlockReachesPastThePayload) {  // incident class: FEC headers that point outside
  const auto error = [](std::string_view hex) { return Red::parse({}, from_hex(hex)).error(); };
  EXPECT_EQ(error(""), RedundancyError::Truncated);
  EXPECT_EQ(error("87"), RedundancyError::Truncated);
  EXPECT_EQ(error("87 000003"), RedundancyError::Truncated);  // no primary
  EXPECT_EQ(error("87 0003ff 05 0102"), RedundancyError::Truncated);
  std::string many;
  for (std::size_t i = 0; i < kMaxRedBlocks; ++i) many += "87000000";
  EXPECT_EQ(error(many + "05"), RedundancyError::TooMany);
  EXPECT_TRUE(Red::parse({}, from_hex("05"))->primary().data.empty());
}

TEST(RtpRed, LeavesOutWhatItsHeaderCannotSay) {  // RFC 2198 §3
  const std::vector<std::byte> data(1024);
  const std::span<const std::byte> all{data};
  std::vector<std::byte> out(4000);
  const std::array blocks{RedBlock{PayloadType{1}, Timestamp{0}, all.first(1)},
                          RedBlock{PayloadType{2}, Timestamp{1}, all.first(1023)},
                          RedBlock{PayloadType{3}, Timestamp{2}, all},
                          RedBlock{PayloadType{4}, Timestamp{16384}, all}};
  const auto written = write_red(blocks, out);
  const auto red = Red::parse(Timestamp{16384}, written);
  ASSERT_TRUE(red);
  ASSERT_EQ(red->blocks().size(), 2u);
  EXPECT_EQ(red->blocks()[0].payload_type, PayloadType{2});
  EXPECT_EQ(red->primary().data.size(), 1024u);
  EXPECT_TRUE(write_red(blocks, std::span{out}.first(100)).empty());
  EXPECT_TRUE(write_red({}, out).empty());
}

TEST(RtpUlpfec, ReadsWhichPacketsAreProtected) {  // RFC 5109 §7.3, §7.4
  const auto narrow = from_hex("00 00 fffe 00000000 0000 0003 a001 010203");
  const auto header = UlpfecHeader::parse(narrow);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->base, SequenceNumber{65534});
  EXPECT_TRUE(header->protects(SequenceNumber{65534}));
  EXPECT_FALSE(header->protects(SequenceNumber{65535}));
  EXPECT_TRUE(header->protects(SequenceNumber{0}));
  EXPECT_TRUE(header->protects(SequenceNumber{13}));
  EXPECT_FALSE(header->protects(SequenceNumber{65533}));
  EXPECT_THAT(header->parity, ElementsAreArray(from_hex("010203")));
  const auto wide = from_hex("40 00 0000 00000000 0000 0000 0000 00000001");
  EXPECT_TRUE(UlpfecHeader::parse(wide)->protects(SequenceNumber{47}));
}

TEST(RtpUlpfec,
     ProtectsNothingOutsideThePayload) {  // incident class: FEC headers that point outside
  const auto whole = from_hex("40 00 fffe 00000000 0000 0002 a001 00000000 0102");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(UlpfecHeader::parse(std::span{whole}.first(size))) << size;
  }
  EXPECT_TRUE(UlpfecHeader::parse(whole));
}

}  // namespace
}  // namespace duet::rtp
