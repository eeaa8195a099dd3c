// SPDX-License-Identifier: MIT
// Tests of the map of negotiated extensions and of their values.
#include <duet/rtp/extension.hpp>
#include <duet/rtp/extension_value.hpp>
#include <duet/rtp/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::rtp {
namespace {

TEST(RtpExtensionType, EveryOneHasAUriOfItsOwn) {
  for (std::size_t i = 0; i < kExtensionTypes; ++i) {
    const auto type = static_cast<ExtensionType>(i);
    EXPECT_FALSE(extension_uri(type).empty());
    EXPECT_EQ(extension_type(extension_uri(type)), type);
  }
  EXPECT_EQ(extension_type("urn:ietf:params:rtp-hdrext:sdes:mid"), ExtensionType::Mid);
  EXPECT_EQ(extension_type("urn:example:unknown"), std::nullopt);
}

TEST(RtpExtensionMap, KeepsOneIdForAType) {  // RFC 8285 §5
  ExtensionMap map;
  EXPECT_FALSE(map.has(ExtensionType::Mid));
  EXPECT_TRUE(map.set(ExtensionType::Mid, 4));
  EXPECT_TRUE(map.set(ExtensionType::AudioLevel, 4));
  EXPECT_FALSE(map.has(ExtensionType::Mid));
  EXPECT_EQ(map.type(4), ExtensionType::AudioLevel);
  EXPECT_TRUE(map.set(ExtensionType::AudioLevel, 5));
  EXPECT_EQ(map.type(4), std::nullopt);
  EXPECT_EQ(map.type(0), std::nullopt);
  EXPECT_FALSE(map.set(ExtensionType::Mid, 0));
  EXPECT_FALSE(map.set(ExtensionType::Mid, 15));
  map.erase(ExtensionType::AudioLevel);
  EXPECT_EQ(map, ExtensionMap{});
}

TEST(RtpExtensionMap, ChoosesTheTwoByteFormOnlyWhereItMust) {
  ExtensionMap map;
  map.set(ExtensionType::Mid, 14);
  EXPECT_EQ(map.form(), ExtensionForm::OneByte);
  EXPECT_EQ(map.form(17), ExtensionForm::TwoByte);
  map.set(ExtensionType::ColorSpace, 16);
  EXPECT_EQ(map.form(), ExtensionForm::TwoByte);
}

template <class T>
void expect_wire(const T& value, std::string_view hex) {
  const auto bytes = value.serialize();
  EXPECT_THAT(bytes, testing::ElementsAreArray(from_hex(hex)));
  EXPECT_EQ(T::parse(bytes), value);
  const std::vector<std::byte> longer(bytes.size() + 1);
  EXPECT_EQ(T::parse(longer), std::nullopt);
  EXPECT_EQ(T::parse({}), std::nullopt);
}

TEST(RtpExtensionValue, CrossesTheWire) {
  expect_wire(AudioLevel{.level = 5, .voice = true}, "85");
  expect_wire(AbsSendTime{0x123456}, "123456");
  expect_wire(TransmissionOffset{-2}, "fffffe");
  expect_wire(TransmissionOffset{0x7FFFFF}, "7fffff");
  expect_wire(VideoOrientation{.degrees = 270, .flipped = true, .back_camera = true}, "0f");
  expect_wire(PlayoutDelay{.min = 10ms, .max = 40950ms}, "001fff");
  expect_wire(TransportSequence{.sequence = SequenceNumber{0xABCD}}, "abcd");
}

TEST(RtpExtensionValue, AbsSendTimeIsSixAndEighteenBits) {
  EXPECT_EQ(AbsSendTime::at(NtpTime{std::uint64_t{63} << 32 | 0x80000000}).value, 0xFE0000u);
  EXPECT_EQ(AbsSendTime::at(NtpTime{std::uint64_t{64} << 32}).value, 0u);
}

TEST(RtpExtensionValue, ReadsTheLongerForms) {
  const auto request = TransportSequence::parse(from_hex("00018005"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->requested, 5);
  EXPECT_TRUE(request->with_times);
  EXPECT_FALSE(TransportSequence::parse(from_hex("00010005"))->with_times);
  EXPECT_EQ(TransportSequence::parse(from_hex("000100")), std::nullopt);
  const auto captured = AbsCaptureTime::parse(from_hex("0000000100000000 ffffffffffffffff"));
  ASSERT_TRUE(captured);
  EXPECT_EQ(captured->captured, NtpTime{0x100000000});
  EXPECT_EQ(captured->clock_offset, -1);
  EXPECT_EQ(AbsCaptureTime::parse(from_hex("0000000100000000"))->clock_offset, std::nullopt);
  EXPECT_EQ(AbsCaptureTime::parse(from_hex("00000001000000")), std::nullopt);
  EXPECT_EQ(PlayoutDelay::parse(from_hex("002001")), std::nullopt);  // the longest below the least
}

TEST(RtpExtensionValue, NamesAreTokens) {
  const auto name = from_hex("30 61 2d");
  EXPECT_EQ(parse_name(name), "0a-");
  for (const auto* const hex : {"", "00", "6120", "617f", "61c3a9", "0a"}) {
    const auto bytes = from_hex(hex);
    EXPECT_EQ(parse_name(bytes), "") << hex;
  }
}

}  // namespace
}  // namespace duet::rtp
