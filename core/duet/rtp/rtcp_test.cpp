// SPDX-License-Identifier: MIT
// Tests of RTCP, in and out.
#include <duet/rtp/rtcp.hpp>
#include <duet/rtp/rtcp_feedback.hpp>
#include <duet/rtp/rtcp_report.hpp>
#include <duet/rtp/rtcp_writer.hpp>
#include <duet/rtp/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace duet::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

std::optional<RtcpError> error_of(std::string_view hex) {
  const auto bytes = from_hex(hex);
  const auto compound = RtcpCompound::parse(bytes);
  if (compound) return std::nullopt;
  return compound.error();
}

RtcpPacket only(std::span<const std::byte> bytes) {
  const auto compound = RtcpCompound::parse(bytes);
  EXPECT_TRUE(compound);
  auto it = compound->begin();
  const RtcpPacket packet = *it;
  EXPECT_TRUE(++it == std::default_sentinel);
  return packet;
}

template <class T>
std::vector<T> all(const Records<T>& records) {
  std::vector<T> out;
  for (const T record : records) out.push_back(record);
  return out;
}

TEST(RtcpCompound, WalksWholePackets) {  // RFC 3550 §6.1, RFC 5506 §3.4.1
  const auto bytes =
      from_hex("80c90001 00000001 81ca0003 00000001 01026162 00000000 81cb0001 00000001");
  const auto compound = RtcpCompound::parse(bytes);
  ASSERT_TRUE(compound);
  std::vector<int> types;
  for (const RtcpPacket packet : *compound) types.push_back(static_cast<int>(packet.type));
  EXPECT_THAT(types, ElementsAre(201, 202, 203));
  EXPECT_EQ(error_of("81ce0002 00000001 00000002"), std::nullopt);  // reduced: a PLI alone
}

TEST(RtcpCompound, RefusesLengthsThatLie) {  // incident class: RTCP lengths
  EXPECT_EQ(error_of(""), RtcpError::Truncated);
  EXPECT_EQ(error_of("80c900"), RtcpError::Truncated);
  EXPECT_EQ(error_of("80c90001 000000"), RtcpError::Truncated);
  EXPECT_EQ(error_of("80c9ffff 00000001"), RtcpError::Truncated);
  EXPECT_EQ(error_of("80c90001 00000001 80"), RtcpError::Truncated);
  EXPECT_EQ(error_of("80c90000 00000001"), RtcpError::BadVersion);  // the rest is no packet
  EXPECT_EQ(error_of("40c90001 00000001"), RtcpError::BadVersion);
}

TEST(RtcpCompound, RefusesPaddingThatLies) {  // incident class: padding overruns
  EXPECT_EQ(error_of("a0c90001 00000000"), RtcpError::BadPadding);
  EXPECT_EQ(error_of("a0c90001 00000005"), RtcpError::BadPadding);
  EXPECT_EQ(error_of("a0c90001 00000008"), RtcpError::BadPadding);
  EXPECT_EQ(error_of("a0c90000"), RtcpError::BadPadding);
  const auto padded = from_hex("a0c90002 00000001 00000004");
  EXPECT_EQ(only(padded).body.size(), 4u);
  // Padding doesn't count as blocks.
  EXPECT_EQ(
      ReceiverReport::parse(only(from_hex("a1c90007 00000001" + std::string(40, '0') + "00000018")))
          .error(),
      RtcpError::Truncated);
}

TEST(RtcpCompound, HasAnEnd) {
  std::string hex;
  for (std::size_t i = 0; i < kMaxRtcpPackets; ++i) hex += "80c90001 00000001";
  EXPECT_EQ(error_of(hex), std::nullopt);
  EXPECT_EQ(error_of(hex + "80c90001 00000001"), RtcpError::TooMany);
}

ReportBlock sample_block() {
  return {.ssrc = Ssrc{0x11111111},
          .fraction_lost = 64,
          .cumulative_lost = -3,
          .highest_sequence = 0x00021234,
          .jitter = 90,
          .last_sender_report = 0xb7052000,
          .delay_since_last_sr = 0x00054000};
}

TEST(RtcpReport, SenderReportCrossesTheWire) {  // RFC 3550 §6.4.1
  std::array<std::byte, 200> buffer{};
  RtcpWriter writer{buffer};
  const SenderInfo info{.ntp = NtpTime{0x0123456789abcdef},
                        .rtp = Timestamp{0xaabbccdd},
                        .packet_count = 5,
                        .octet_count = 6};
  EXPECT_TRUE(writer.add_sender_report(Ssrc{0x22222222}, info, std::array{sample_block()}));
  EXPECT_THAT(writer.finish(), ElementsAreArray(from_hex(
                                   "81c8000c 22222222 01234567 89abcdef aabbccdd 00000005 00000006"
                                   "11111111 40fffffd 00021234 0000005a b7052000 00054000")));
  const auto report = SenderReport::parse(only(writer.finish()));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->ssrc, Ssrc{0x22222222});
  EXPECT_EQ(report->info, info);
  EXPECT_THAT(all(report->blocks), ElementsAre(sample_block()));
}

TEST(RtcpReport, ReceiverReportCrossesTheWire) {  // RFC 3550 §6.4.2
  std::array<std::byte, 900> buffer{};
  RtcpWriter writer{buffer};
  const std::vector<ReportBlock> blocks(kMaxReportBlocks, sample_block());
  EXPECT_TRUE(writer.add_receiver_report(Ssrc{7}, blocks));
  const auto report = ReceiverReport::parse(only(writer.finish()));
  ASSERT_TRUE(report);
  EXPECT_THAT(all(report->blocks), ElementsAreArray(blocks));
  EXPECT_EQ(SenderReport::parse(only(writer.finish())).error(), RtcpError::WrongType);
}

TEST(RtcpReport, RefusesCountsThatLie) {  // incident class: RTCP lengths
  EXPECT_EQ(ReceiverReport::parse(only(from_hex("9fc90001 00000001"))).error(),
            RtcpError::Truncated);
  EXPECT_EQ(ReceiverReport::parse(only(from_hex("80c90000"))).error(), RtcpError::Truncated);
  EXPECT_EQ(SenderReport::parse(only(from_hex("80c80001 00000001"))).error(), RtcpError::Truncated);
  EXPECT_EQ(Bye::parse(only(from_hex("82cb0001 00000001"))).error(), RtcpError::Truncated);
}

TEST(RtcpReport, LossStopsAtWhatTheFieldHolds) {  // RFC 3550 §6.4.1
  std::array<std::byte, 100> buffer{};
  RtcpWriter writer{buffer};
  ReportBlock block = sample_block();
  block.cumulative_lost = 0x1000000;
  EXPECT_TRUE(writer.add_receiver_report(Ssrc{7}, std::array{block}));
  const auto report = ReceiverReport::parse(only(writer.finish()));
  EXPECT_EQ(all(report->blocks)[0].cumulative_lost, 0x7FFFFF);
}

TEST(RtcpSdes, ReadsEveryItemOfEveryChunk) {  // RFC 3550 §6.5
  const auto bytes = from_hex(
      "82ca0008 00000001 0103616263 0f0130 00000000"
      "00000002 0200 0104 77787980 00000000");
  const auto description = SourceDescription::parse(only(bytes));
  ASSERT_TRUE(description);
  std::vector<std::string> cnames;
  std::vector<std::uint32_t> ssrcs;
  std::string mid;
  for (const SdesChunk& chunk : *description) {
    cnames.emplace_back(chunk.cname());
    ssrcs.push_back(chunk.ssrc.value());
    for (const SdesItem item : chunk.items) {
      if (item.type == SdesType::Mid) mid = item.text;
    }
  }
  EXPECT_THAT(cnames, ElementsAre("abc", "wxy\x80"));
  EXPECT_THAT(ssrcs, ElementsAre(1u, 2u));
  EXPECT_EQ(mid, "0");
}

TEST(RtcpSdes, RefusesItemsWithoutEnd) {  // incident class: SDES items without end
  const auto error = [](std::string_view hex) {
    return SourceDescription::parse(only(from_hex(hex))).error();
  };
  EXPECT_EQ(error("81ca0002 00000001 01026162"), RtcpError::Truncated);           // no null
  EXPECT_EQ(error("81ca0003 00000001 01ff6162 00000000"), RtcpError::Truncated);  // past the end
  EXPECT_EQ(error("81ca0001 00000001"), RtcpError::Truncated);
  EXPECT_EQ(error("82ca0002 00000001 00000000"), RtcpError::Truncated);  // a chunk is missing
  EXPECT_EQ(error("81ca0003 00000001 01016101 01016101"), RtcpError::Truncated);
  EXPECT_TRUE(SourceDescription::parse(only(from_hex("80ca0000"))));
}

TEST(RtcpSdes, CnameCrossesTheWire) {
  for (std::size_t size = 1; size <= 255; ++size) {
    std::array<std::byte, 300> buffer{};
    RtcpWriter writer{buffer};
    const std::string name(size, 'n');
    ASSERT_TRUE(writer.add_cname(Ssrc{9}, name));
    const auto description = SourceDescription::parse(only(writer.finish()));
    ASSERT_TRUE(description) << size;
    ASSERT_EQ((*description->begin()).cname(), name);
    ASSERT_TRUE(++description->begin() == std::default_sentinel);
  }
}

TEST(RtcpBye, NamesWhoLeaves) {  // RFC 3550 §6.6
  std::array<std::byte, 64> buffer{};
  RtcpWriter writer{buffer};
  EXPECT_TRUE(writer.add_bye(std::array{Ssrc{1}, Ssrc{2}}));
  const auto bye = Bye::parse(only(writer.finish()));
  ASSERT_TRUE(bye);
  std::vector<Ssrc> ssrcs;
  for (const Ssrc ssrc : bye->ssrcs) ssrcs.push_back(ssrc);
  EXPECT_THAT(ssrcs, ElementsAre(Ssrc{1}, Ssrc{2}));
  const auto with_reason = from_hex("81cb0002 00000001 03627965");
  EXPECT_EQ(Bye::parse(only(with_reason))->reason, "bye");
  EXPECT_EQ(Bye::parse(only(from_hex("81cb0002 00000001 ff627965")))->reason, "");
}

TEST(RtcpExtendedReport, TellsRoundTrips) {  // RFC 3611 §4.4, §4.5
  std::array<std::byte, 100> buffer{};
  RtcpWriter writer{buffer};
  EXPECT_TRUE(writer.add_reference_time(Ssrc{3}, NtpTime{0x1122334455667788}));
  EXPECT_THAT(writer.finish(),
              ElementsAreArray(from_hex("80cf0004 00000003 04000002 1122334455667788")));
  EXPECT_EQ(ExtendedReport::parse(only(writer.finish()))->reference_time,
            NtpTime{0x1122334455667788});
  RtcpWriter second{buffer};
  const std::array items{DlrrItem{Ssrc{4}, 5, 6}, DlrrItem{Ssrc{7}, 8, 9}};
  EXPECT_TRUE(second.add_dlrr(Ssrc{3}, items));
  EXPECT_FALSE(second.add_dlrr(Ssrc{3}, {}));
  EXPECT_THAT(all(ExtendedReport::parse(only(second.finish()))->dlrr), ElementsAreArray(items));
  // Unknown blocks are skipped whole; ones that reach past the end are refused.
  const auto mixed = from_hex("80cf0006 00000003 63000001 ffffffff 04000002 1122334455667788");
  EXPECT_EQ(ExtendedReport::parse(only(mixed))->reference_time, NtpTime{0x1122334455667788});
  EXPECT_EQ(ExtendedReport::parse(only(from_hex("80cf0002 00000003 05000003"))).error(),
            RtcpError::Truncated);
}

Feedback feedback_of(std::span<const std::byte> bytes) {
  const auto feedback = Feedback::parse(only(bytes));
  EXPECT_TRUE(feedback);
  return feedback.value_or(Feedback{});
}

std::vector<int> lost_in(std::span<const std::byte> bytes) {
  const auto nack = Nack::parse(feedback_of(bytes));
  EXPECT_TRUE(nack);
  std::vector<int> lost;
  for (const SequenceNumber number : *nack) lost.push_back(number.value());
  return lost;
}

TEST(RtcpNack, NamesEachLostPacketOnce) {  // RFC 4585 §6.2.1
  EXPECT_THAT(lost_in(from_hex("81cd0004 00000001 00000002 fffe8003 00050000")),
              ElementsAre(65534, 65535, 0, 14, 5));
  std::array<std::byte, 100> buffer{};
  RtcpWriter writer{buffer};
  const std::array lost{SequenceNumber{65534}, SequenceNumber{65535}, SequenceNumber{14},
                        SequenceNumber{15}, SequenceNumber{40}};
  EXPECT_EQ(writer.add_nack(Ssrc{1}, Ssrc{2}, lost), 5u);
  EXPECT_THAT(writer.finish(),
              ElementsAreArray(from_hex("81cd0005 00000001 00000002 fffe8001 000f0000 00280000")));
  EXPECT_EQ(Nack::parse(feedback_of(from_hex("81cd0002 00000001 00000002"))).error(),
            RtcpError::Truncated);
}

TEST(RtcpNack, TellsTheOldestWhereNotAllFit) {
  std::array<std::byte, 20> buffer{};
  RtcpWriter writer{buffer, 0};
  const std::array lost{SequenceNumber{1}, SequenceNumber{100}, SequenceNumber{200}};
  EXPECT_EQ(writer.add_nack(Ssrc{1}, Ssrc{2}, lost), 2u);
  EXPECT_THAT(lost_in(writer.finish()), ElementsAre(1, 100));
  EXPECT_EQ(writer.add_nack(Ssrc{1}, Ssrc{2}, lost), 0u);
}

TEST(RtcpFeedback, AsksForPictures) {  // RFC 4585 §6.3.1, RFC 5104 §4.3.1
  std::array<std::byte, 100> buffer{};
  RtcpWriter writer{buffer};
  EXPECT_TRUE(writer.add_pli(Ssrc{1}, Ssrc{2}));
  EXPECT_TRUE(writer.add_fir(Ssrc{1}, std::array{FirEntry{Ssrc{2}, 9}}));
  EXPECT_THAT(writer.finish(),
              ElementsAreArray(from_hex("81ce0002 00000001 00000002"
                                        "84ce0004 00000001 00000000 00000002 09000000")));
  const auto fir = parse_fir(feedback_of(writer.finish().subspan(12)));
  ASSERT_TRUE(fir);
  EXPECT_THAT(all(*fir), ElementsAre(FirEntry{Ssrc{2}, 9}));
  EXPECT_EQ(parse_fir(feedback_of(from_hex("84ce0003 00000001 00000000 00000002"))).error(),
            RtcpError::Truncated);
  EXPECT_TRUE(feedback_of(from_hex("81ce0002 00000001 00000002")).is(PayloadFormat::Pli));
  EXPECT_FALSE(feedback_of(from_hex("81cd0002 00000001 00000002")).is(PayloadFormat::Pli));
  EXPECT_EQ(Feedback::parse(only(from_hex("81ce0001 00000001"))).error(), RtcpError::Truncated);
}

TEST(RtcpRemb, CrossesTheWire) {  // draft-alvestrand-rmcat-remb-03 §2.2
  for (const std::uint64_t rate : {0ull, 1ull, 0x3FFFFull, 0x40000ull, 2'500'000ull, 1ull << 63}) {
    std::array<std::byte, 100> buffer{};
    RtcpWriter writer{buffer};
    EXPECT_TRUE(writer.add_remb(Ssrc{1}, rate, std::array{Ssrc{2}, Ssrc{3}}));
    const auto remb = Remb::parse(feedback_of(writer.finish()));
    ASSERT_TRUE(remb);
    EXPECT_LE(remb->rate_bps, rate);
    EXPECT_LE(rate - remb->rate_bps, rate >> 17);
    EXPECT_EQ(remb->ssrcs.size(), 2u);
  }
  const auto error = [](std::string_view hex) {
    return Remb::parse(feedback_of(from_hex(hex))).error();
  };
  EXPECT_EQ(error("8fce0004 00000001 00000000 52454d42 ff000001"), RtcpError::Truncated);
  EXPECT_EQ(error("8fce0004 00000001 00000000 52454d42 00fc0002"), RtcpError::BadContent);
  EXPECT_EQ(error("8fce0004 00000001 00000000 41464220 00000001"), RtcpError::WrongType);
  EXPECT_EQ(error("8fce0002 00000001 00000000"), RtcpError::WrongType);
}

TEST(RtcpWriter, LeavesNothingOfWhatDoesNotFit) {
  std::array<std::byte, 20> buffer{};
  RtcpWriter writer{buffer, 4};
  EXPECT_FALSE(writer.add_receiver_report(Ssrc{1}, std::array{sample_block()}));
  EXPECT_TRUE(writer.empty());
  EXPECT_TRUE(writer.add_pli(Ssrc{1}, Ssrc{2}));
  EXPECT_FALSE(writer.add_cname(Ssrc{1}, "long"));
  EXPECT_EQ(writer.finish().size(), 12u);
  EXPECT_EQ(writer.left_for_feedback(), 0u);
}

}  // namespace
}  // namespace duet::rtp
