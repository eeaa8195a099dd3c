// SPDX-License-Identifier: MIT
// Tests of which m-section a packet belongs to.
#include <duet/base/bytes.hpp>
#include <duet/rtp/demuxer.hpp>
#include <duet/rtp/rtcp_writer.hpp>
#include <duet/rtp/test_support.hpp>

#include <gtest/gtest.h>

#include <array>

namespace duet::rtp {
namespace {

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

PayloadMap payloads(std::initializer_list<std::uint8_t> media, std::uint8_t rtx = 0) {
  PayloadMap map;
  for (const auto type : media) map.set(PayloadType{type}, {.role = Payload::Role::Media});
  if (rtx != 0)
    map.set(PayloadType{rtx}, {.role = Payload::Role::Rtx, .repairs = PayloadType{*media.begin()}});
  return map;
}

class DemuxerTest : public testing::Test {
 protected:
  struct Names {
    std::string_view mid, rid, rrid;
  };

  void SetUp() override {
    extensions_.set(ExtensionType::Mid, 1);
    extensions_.set(ExtensionType::RtpStreamId, 2);
    extensions_.set(ExtensionType::RepairedRtpStreamId, 3);
    sections_ = {{.mid = "a", .payloads = payloads({111, 9})},
                 {.mid = "v", .payloads = payloads({96, 9}, 97), .ssrcs = {Ssrc{500}}},
                 {.mid = "s", .payloads = payloads({98, 96}, 99), .rids = {"hi", "lo"}}};
    demuxer_.set_sections(ms(0), extensions_, sections_);
  }

  Result<Route, DemuxDrop> route(std::uint32_t ssrc, std::uint8_t type, Names names = {},
                                 Instant now = {}) {
    PacketWriter writer{buffer_, {.payload_type = PayloadType{type}, .ssrc = Ssrc{ssrc}}};
    if (!names.mid.empty()) writer.add_extension(1, as_bytes(names.mid));
    if (!names.rid.empty()) writer.add_extension(2, as_bytes(names.rid));
    if (!names.rrid.empty()) writer.add_extension(3, as_bytes(names.rrid));
    return demuxer_.route(now, *Packet::parse(writer.finish()));
  }

  std::array<std::byte, 200> buffer_{};
  ExtensionMap extensions_;
  std::vector<DemuxSection> sections_;
  Demuxer demuxer_;
};

TEST_F(DemuxerTest, GoesByMidAndRemembersTheSsrc) {  // RFC 9143 §9.2
  EXPECT_EQ(route(1, 9, {.mid = "v"}), (Route{.section = 1, .fresh = true}));
  EXPECT_EQ(route(1, 9), (Route{.section = 1}));
  EXPECT_EQ(route(1, 9, {.mid = "a"}), (Route{.section = 0, .fresh = true}));  // it moved
  EXPECT_EQ(route(1, 9), (Route{.section = 0}));
}

TEST_F(DemuxerTest, GoesBySsrcThatWasSignalled) {
  EXPECT_EQ(route(500, 9), (Route{.section = 1, .fresh = true}));
  EXPECT_EQ(route(500, 97), (Route{.section = 1, .repair = true}));
}

TEST_F(DemuxerTest, GoesByATypeThatOnlyOneSectionHas) {
  EXPECT_EQ(route(2, 111), (Route{.section = 0, .fresh = true}));
  EXPECT_EQ(route(2, 9), (Route{.section = 0}));         // latched
  EXPECT_EQ(route(3, 9).error(), DemuxDrop::Unrouted);   // of two sections
  EXPECT_EQ(route(3, 50).error(), DemuxDrop::Unrouted);  // of none
  EXPECT_EQ(demuxer_.dropped(DemuxDrop::Unrouted), 2u);
}

TEST_F(DemuxerTest, DropsWhatNamesNothing) {
  EXPECT_EQ(route(1, 9, {.mid = "x"}).error(), DemuxDrop::UnknownMid);
  EXPECT_EQ(route(1, 111, {.mid = "v"}).error(), DemuxDrop::UnknownPayloadType);
  EXPECT_EQ(route(500, 111).error(), DemuxDrop::UnknownPayloadType);
  EXPECT_EQ(route(1, 98, {.mid = "s", .rid = "mid"}).error(), DemuxDrop::UnknownRid);
  EXPECT_EQ(demuxer_.dropped(DemuxDrop::UnknownPayloadType), 2u);
}

TEST_F(DemuxerTest, TellsLayersAndTheirRepairs) {  // RFC 8852, RFC 8853
  EXPECT_EQ(route(1, 98, {.mid = "s", .rid = "lo"}),
            (Route{.section = 2, .rid = 1, .fresh = true}));
  EXPECT_EQ(route(1, 98), (Route{.section = 2, .rid = 1}));
  EXPECT_EQ(route(2, 99, {.mid = "s", .rrid = "hi"}),
            (Route{.section = 2, .rid = 0, .repair = true, .fresh = true}));
  EXPECT_EQ(route(2, 99), (Route{.section = 2, .rid = 0, .repair = true}));
  EXPECT_EQ(route(1, 96, {.mid = "v", .rid = "whatever"}), (Route{.section = 1, .fresh = true}));
}

TEST_F(DemuxerTest, KeepsWhatItLearnedThroughANegotiation) {
  route(1, 9, {.mid = "v"});
  route(2, 9, {.mid = "a"});
  sections_[0].mid = "b";  // another section in its place
  sections_[1].ssrcs = {Ssrc{600}};
  demuxer_.set_sections(ms(0), extensions_, sections_);
  EXPECT_EQ(route(1, 9), (Route{.section = 1}));
  EXPECT_EQ(route(2, 9).error(), DemuxDrop::Unrouted);
  EXPECT_EQ(route(500, 9).error(), DemuxDrop::Unrouted);
  EXPECT_EQ(route(600, 9), (Route{.section = 1, .fresh = true}));
  demuxer_.set_sections(ms(0), {}, {});
  EXPECT_EQ(route(1, 9).error(), DemuxDrop::Unrouted);
  EXPECT_EQ(demuxer_.ssrcs(), 0u);
}

TEST_F(DemuxerTest, ItsTableHasAnEndAndForgetsTheSilent) {
  for (std::uint32_t i = 0; demuxer_.ssrcs() < Demuxer::kMaxSsrcs; ++i) {
    ASSERT_TRUE(route(1000 + i, 111, {}, ms(i)));
  }
  EXPECT_EQ(route(5000, 111, {}, ms(1000)).error(), DemuxDrop::TableFull);
  EXPECT_TRUE(route(1000, 111, {}, ms(5000)));
  EXPECT_TRUE(route(5000, 111, {}, ms(10001)));                    // in place of 1001
  EXPECT_TRUE(route(1001, 111, {}, ms(10002)));                    // in place of 1002
  EXPECT_EQ(route(500, 9), (Route{.section = 1, .fresh = true}));  // signalled ones stay
  EXPECT_EQ(demuxer_.ssrcs(), Demuxer::kMaxSsrcs);
}

TEST_F(DemuxerTest, ForgetsWhoLeft) {
  route(1, 111);
  EXPECT_EQ(demuxer_.ssrcs(), 2u);
  demuxer_.handle_bye(Ssrc{1});
  demuxer_.handle_bye(Ssrc{500});
  demuxer_.handle_bye(Ssrc{77});
  EXPECT_EQ(demuxer_.ssrcs(), 1u);
  EXPECT_TRUE(route(500, 9)->fresh);
}

TEST_F(DemuxerTest, LearnsFromSourceDescriptions) {  // RFC 9143 §15.1
  const auto bytes = from_hex("0f017600");           // MID "v"
  demuxer_.handle_source(ms(0), {.ssrc = Ssrc{8}, .items = SdesItems{std::span{bytes}.first(3)}});
  EXPECT_EQ(route(8, 9), (Route{.section = 1, .fresh = true}));
}

}  // namespace
}  // namespace duet::rtp
