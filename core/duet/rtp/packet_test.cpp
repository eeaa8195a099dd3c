// SPDX-License-Identifier: MIT
// Tests of RTP packets, in and out.
#include <duet/base/random.hpp>
#include <duet/rtp/packet.hpp>
#include <duet/rtp/packet_writer.hpp>
#include <duet/rtp/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace duet::rtp {
namespace {

using testing::ElementsAreArray;

std::optional<PacketError> error_of(std::span<const std::byte> bytes) {
  const auto packet = Packet::parse(bytes);
  if (packet) return std::nullopt;
  return packet.error();
}

TEST(RtpPacket, ReadsEveryFieldOfTheHeader) {  // RFC 3550 §5.1
  const auto bytes = from_hex(
      "b2 e0 1234 89abcdef 11223344 aaaaaaaa bbbbbbbb"
      "bede 0001 10ff 2100"
      "0102030405 000003");
  // The element with id 2 would reach past its extension's end, so it isn't there.
  const auto packet = Packet::parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->marker());
  EXPECT_EQ(packet->payload_type(), PayloadType{0x60});
  EXPECT_EQ(packet->sequence(), SequenceNumber{0x1234});
  EXPECT_EQ(packet->timestamp(), Timestamp{0x89abcdef});
  EXPECT_EQ(packet->ssrc(), Ssrc{0x11223344});
  ASSERT_EQ(packet->csrc_count(), 2u);
  EXPECT_EQ(packet->csrc(1), Ssrc{0xbbbbbbbb});
  EXPECT_EQ(packet->extension_profile(), 0xBEDE);
  EXPECT_EQ(packet->header_size(), 28u);
  EXPECT_EQ(packet->padding_size(), 3u);
  EXPECT_THAT(packet->payload(), ElementsAreArray(from_hex("0102030405")));
  ASSERT_TRUE(packet->extension(1));
  EXPECT_THAT(*packet->extension(1), ElementsAreArray(from_hex("ff")));
  EXPECT_FALSE(packet->extension(2));
  EXPECT_FALSE(packet->extension(0));
}

TEST(RtpPacket, RefusesWhatIsNoPacket) {
  const auto bytes = make_packet({});
  for (std::size_t size = 0; size < kHeaderSize; ++size) {
    EXPECT_EQ(error_of(std::span{bytes}.first(size)), PacketError::Truncated) << size;
  }
  EXPECT_EQ(error_of(std::span{bytes}.first(kHeaderSize)), std::nullopt);
  EXPECT_EQ(error_of(from_hex("4060 0001 00000000 00000001 00")), PacketError::BadVersion);
  EXPECT_EQ(error_of(from_hex("8f60 0001 00000000 00000001 00")), PacketError::Truncated);
}

TEST(RtpPacket, NoExtensionReachesPastThePacket) {  // incident class: extension overruns
  const std::string head = "9060 0001 00000000 00000001";
  EXPECT_EQ(error_of(from_hex(head)), PacketError::BadExtension);
  EXPECT_EQ(error_of(from_hex(head + "bede")), PacketError::BadExtension);
  EXPECT_EQ(error_of(from_hex(head + "bede 0001 101122")), PacketError::BadExtension);
  EXPECT_EQ(error_of(from_hex(head + "bede ffff 10112200")), PacketError::BadExtension);
  EXPECT_EQ(error_of(from_hex(head + "bede 0000")), std::nullopt);
  // With CSRCs the extension begins later, and ends no later than the packet.
  EXPECT_EQ(error_of(from_hex("9160 0001 00000000 00000001 00000002 bede 0001")),
            PacketError::BadExtension);
}

TEST(RtpPacket, NoPaddingIsLongerThanThePayload) {  // incident class: padding overruns
  const std::string head = "a060 0001 00000000 00000001";
  EXPECT_EQ(error_of(from_hex(head)), PacketError::BadPadding);
  EXPECT_EQ(error_of(from_hex(head + "00")), PacketError::BadPadding);
  EXPECT_EQ(error_of(from_hex(head + "02")), PacketError::BadPadding);
  EXPECT_EQ(error_of(from_hex(head + "aa ff")), PacketError::BadPadding);
  const auto all = from_hex(head + "0002");
  EXPECT_TRUE(Packet::parse(all)->payload().empty());
  // It may not eat the extension either.
  EXPECT_EQ(error_of(from_hex("b060 0001 00000000 00000001 bede 0001 10110000 02")),
            PacketError::BadPadding);
  EXPECT_EQ(error_of(from_hex("b060 0001 00000000 00000001 bede 0001 10110004")),
            PacketError::BadPadding);
}

std::vector<int> ids_of(const Extensions& extensions) {
  std::vector<int> ids;
  for (const ExtensionElement& element : extensions) ids.push_back(element.id);
  return ids;
}

TEST(RtpExtensions, WalkTheExamplesOfTheRfc) {  // RFC 8285 §4.2, §4.3
  const auto one = from_hex("1055 2101 02 00 00 33 01020304");
  EXPECT_THAT(ids_of({ExtensionForm::OneByte, one}), testing::ElementsAre(1, 2, 3));
  const auto two = from_hex("0100 0201 55 00 0304 01020304");
  EXPECT_THAT(ids_of({ExtensionForm::TwoByte, two}), testing::ElementsAre(1, 2, 3));
}

TEST(RtpExtensions, EndAtWhatIsBroken) {  // RFC 8285 §4.2
  const auto ids = [](ExtensionForm form, std::string_view hex) {
    const auto bytes = from_hex(hex);
    return ids_of({form, bytes}).size();
  };
  EXPECT_EQ(ids(ExtensionForm::OneByte, "1055 f0aa 2066"), 1u);        // id 15
  EXPECT_EQ(ids(ExtensionForm::OneByte, "1055 03aaaaaaaa 2066"), 1u);  // padding with a length
  EXPECT_EQ(ids(ExtensionForm::OneByte, "1f55"), 0u);
  EXPECT_EQ(ids(ExtensionForm::OneByte, "10"), 0u);
  EXPECT_EQ(ids(ExtensionForm::TwoByte, "01"), 0u);
  EXPECT_EQ(ids(ExtensionForm::TwoByte, "0100 02ff55"), 1u);
  EXPECT_EQ(ids(ExtensionForm::TwoByte, "ff01aa"), 1u);
  EXPECT_EQ(ids(ExtensionForm::OneByte, ""), 0u);
}

TEST(RtpPacket, IgnoresExtensionsOfOtherProfiles) {
  const auto bytes = from_hex("9060 0001 00000000 00000001 abcd 0001 10110000 77");
  const auto packet = Packet::parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_FALSE(packet->extension(1));
  EXPECT_THAT(packet->extension_data(), ElementsAreArray(from_hex("10110000")));
  EXPECT_THAT(packet->payload(), ElementsAreArray(from_hex("77")));
}

TEST(RtpPacketWriter, WritesWhatPacketReads) {
  std::array<std::byte, 200> buffer{};
  PacketWriter writer{buffer,
                      {.marker = true,
                       .payload_type = PayloadType{111},
                       .sequence = SequenceNumber{7},
                       .timestamp = Timestamp{8},
                       .ssrc = Ssrc{9}}};
  writer.add_csrc(Ssrc{10});
  writer.add_extension(3, from_hex("aabbcc"));
  writer.add_extension(0, from_hex("ff"));  // not negotiated
  writer.add_extension(14, from_hex("01"));
  writer.add_payload(from_hex("010203"));
  writer.add_padding(2);
  const auto written = writer.finish();
  EXPECT_THAT(written, ElementsAreArray(from_hex("b1ef 0007 00000008 00000009 0000000a"
                                                 "bede 0002 32aabbcc e0010000 010203 0002")));
  EXPECT_EQ(written.data(), buffer.data());
}

TEST(RtpPacketWriter, LeavesRoomForSrtp) {
  std::array<std::byte, kHeaderSize + 10 + kSrtpTailRoom> buffer{};
  PacketWriter writer{buffer, {}};
  EXPECT_EQ(writer.left(), 10u);
  EXPECT_EQ(writer.payload(10).size(), 10u);
  EXPECT_EQ(writer.finish().size(), kHeaderSize + 10);
  PacketWriter full{buffer, {}};
  EXPECT_TRUE(full.payload(11).empty());
  EXPECT_TRUE(full.finish().empty());
  PacketWriter none{std::span{buffer}.first(8), {}};
  none.add_csrc(Ssrc{1});
  none.add_extension(1, from_hex("00"));
  none.add_padding(1);
  EXPECT_TRUE(none.finish().empty());
}

TEST(RtpPacketWriter, RefusesWhatTheFormCannotHave) {
  std::array<std::byte, 900> buffer{};
  const auto finishes = [&](ExtensionForm form, std::uint8_t id, std::size_t size) {
    PacketWriter writer{buffer, {}, 0, form};
    writer.add_extension(id, std::vector<std::byte>(size));
    return !writer.finish().empty();
  };
  EXPECT_TRUE(finishes(ExtensionForm::OneByte, 14, 16));
  EXPECT_FALSE(finishes(ExtensionForm::OneByte, 15, 1));
  EXPECT_FALSE(finishes(ExtensionForm::OneByte, 1, 17));
  EXPECT_FALSE(finishes(ExtensionForm::OneByte, 1, 0));
  EXPECT_TRUE(finishes(ExtensionForm::TwoByte, 255, 255));
  EXPECT_TRUE(finishes(ExtensionForm::TwoByte, 16, 0));
  EXPECT_FALSE(finishes(ExtensionForm::TwoByte, 16, 256));
  PacketWriter late{buffer, {}};
  late.payload(1);
  late.add_extension(1, from_hex("00"));
  EXPECT_FALSE(late.ok());
  PacketWriter crowded{buffer, {}};
  for (std::uint32_t i = 0; i < 15; ++i) crowded.add_csrc(Ssrc{i});
  EXPECT_TRUE(crowded.ok());
  crowded.add_csrc(Ssrc{15});
  EXPECT_FALSE(crowded.ok());
}

TEST(RtpPacketWriter, WritesAnyPacketAgainAsItWas) {
  SeededRandom random{1};
  std::array<std::byte, 1500> buffer{};
  std::array<std::byte, 1500> again{};
  for (int i = 0; i < 2000; ++i) {
    const auto form = random.u64() % 2 == 0 ? ExtensionForm::OneByte : ExtensionForm::TwoByte;
    const PacketHeader header{
        .marker = random.u64() % 2 == 0,
        .payload_type = PayloadType{static_cast<std::uint8_t>(random.u64() % 128)},
        .sequence = SequenceNumber{static_cast<std::uint16_t>(random.u64())},
        .timestamp = Timestamp{static_cast<std::uint32_t>(random.u64())},
        .ssrc = Ssrc{static_cast<std::uint32_t>(random.u64())}};
    PacketWriter writer{buffer, header, 0, form};
    for (auto n = random.u64() % 16; n > 0; --n) {
      writer.add_csrc(Ssrc{static_cast<std::uint32_t>(random.u64())});
    }
    for (auto n = random.u64() % 5; n > 0; --n) {
      std::vector<std::byte> value(1 + random.u64() % 16);
      random.fill(value);
      writer.add_extension(static_cast<std::uint8_t>(1 + random.u64() % 14), value);
    }
    random.fill(writer.payload(random.u64() % 900));
    if (random.u64() % 4 == 0) writer.add_padding(1 + random.u64() % 255);
    const auto written = writer.finish();
    ASSERT_FALSE(written.empty());

    const auto packet = Packet::parse(written);
    ASSERT_TRUE(packet);
    PacketWriter second{again,
                        {packet->marker(), packet->payload_type(), packet->sequence(),
                         packet->timestamp(), packet->ssrc()},
                        0,
                        form};
    for (std::size_t n = 0; n < packet->csrc_count(); ++n) second.add_csrc(packet->csrc(n));
    for (const auto& element : packet->extensions())
      second.add_extension(element.id, element.value);
    second.add_payload(packet->payload());
    if (packet->padding_size() != 0) second.add_padding(packet->padding_size());
    ASSERT_THAT(second.finish(), ElementsAreArray(written));
  }
}

TEST(RtpMutableExtension, IsThePacketsOwnMemory) {
  std::array<std::byte, 64> buffer{};
  PacketWriter writer{buffer, {}};
  writer.add_extension(4, from_hex("0000"));
  writer.add_payload(from_hex("77"));
  const auto packet = writer.finish();
  const auto value = mutable_extension(packet, 4);
  ASSERT_EQ(value.size(), 2u);
  std::ranges::copy(from_hex("abcd"), value.begin());
  EXPECT_THAT(*Packet::parse(packet)->extension(4), ElementsAreArray(from_hex("abcd")));
  EXPECT_TRUE(mutable_extension(packet, 5).empty());
  EXPECT_TRUE(mutable_extension(packet.first(5), 4).empty());
}

}  // namespace
}  // namespace duet::rtp
