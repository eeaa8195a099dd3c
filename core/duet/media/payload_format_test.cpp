// SPDX-License-Identifier: MIT
// The payload formats byte by byte: what their specifications show, and what they forbid.
#include <duet/base/test_hex.hpp>
#include <duet/media/video_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::media {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

VideoPayload parsed(Codec codec, const std::vector<std::byte>& payload) {
  const auto result = parse_video_payload(codec, payload);
  EXPECT_TRUE(result);
  return result.value_or(VideoPayload{});
}

std::optional<PayloadError> error_of(Codec codec, std::string_view hex) {
  const auto payload = from_hex(hex);
  const auto result = parse_video_payload(codec, payload);
  return result ? std::nullopt : std::optional{result.error()};
}

TEST(Vp8Payload, ReadsTheExamplesOfTheRfc) {       // RFC 7741 §4.5
  const auto key = from_hex("90 80 11 10 02 00");  // §4.5.1
  EXPECT_TRUE(parsed(Codec::Vp8, key).begins_frame);
  EXPECT_TRUE(parsed(Codec::Vp8, key).is_key);
  EXPECT_EQ(parsed(Codec::Vp8, key).picture_id, 17);
  EXPECT_EQ(parsed(Codec::Vp8, key).data.size(), 3u);
  const auto inter = from_hex("10 11 02 00");  // §4.5.2: no PictureID
  EXPECT_TRUE(parsed(Codec::Vp8, inter).begins_frame);
  EXPECT_FALSE(parsed(Codec::Vp8, inter).is_key);
  EXPECT_FALSE(parsed(Codec::Vp8, inter).picture_id);
  const auto second_partition = from_hex("91 80 11 10 02 00");  // §4.5.3
  EXPECT_FALSE(parsed(Codec::Vp8, second_partition).begins_frame);
  EXPECT_FALSE(parsed(Codec::Vp8, second_partition).is_key);
  const auto fragment = from_hex("80 80 11 10 02 00");  // §4.5.4
  EXPECT_FALSE(parsed(Codec::Vp8, fragment).begins_frame);
  const auto long_id = from_hex("90 80 92 67 10 02 00");  // §4.5.5
  EXPECT_EQ(parsed(Codec::Vp8, long_id).picture_id, 4711);
}

TEST(Vp8Payload, ReadsTemporalLayers) {  // RFC 7741 §4.2
  const auto payload = from_hex("b0 f0 05 09 a3 01");
  ByteReader in{payload};
  const auto descriptor = Vp8Descriptor::parse(in);
  ASSERT_TRUE(descriptor);
  EXPECT_TRUE(descriptor->is_discardable);
  EXPECT_EQ(descriptor->base_index, 9);
  EXPECT_EQ(descriptor->temporal, (Vp8Descriptor::Temporal{.id = 2, .is_synced = true}));
  EXPECT_EQ(descriptor->key_index, 3);
  EXPECT_EQ(in.size(), 1u);
}

TEST(Vp8Payload, IsRefusedWhereItEndsTooEarly) {
  for (const char* hex : {"", "10", "90", "90 80", "90 80 92", "90 80 92 67", "90 f0 01 02"}) {
    EXPECT_EQ(error_of(Codec::Vp8, hex), PayloadError::Truncated) << hex;
  }
}

TEST(Vp8Payload, IsWrittenWithALongPictureIdThatWraps) {
  SeededRandom random{1};
  VideoPacketizer packetizer{{.codec = Codec::Vp8, .first_picture_id = 0x7FFE}};
  const auto frame = make_frame(Codec::Vp8, true, 10, random);
  EXPECT_THAT(std::span{payloads_of(packetizer, frame)[0]}.first(4),
              ElementsAreArray(from_hex("90 80 ff ff")));
  EXPECT_THAT(std::span{payloads_of(packetizer, frame)[0]}.first(4),
              ElementsAreArray(from_hex("90 80 80 00")));
}

/// The header of a key frame of 1280x720, profile 0: as libvpx writes it.
std::vector<std::byte> vp9_key_frame() { return from_hex("82 49 83 42 00 4f f0 2c f6 00 38"); }

TEST(Vp9Payload, TellsTheSizeAndTheStructureOfAKeyFrame) {  // RFC 9628 §4.2.1
  EXPECT_EQ(vp9_key_frame_size(vp9_key_frame()), (PictureSize{.width = 1280, .height = 720}));
  VideoPacketizer packetizer{{.codec = Codec::Vp9}};
  const auto payloads =
      payloads_of(packetizer, {.codec = Codec::Vp9, .is_key = true, .bytes = vp9_key_frame()});
  ASSERT_EQ(payloads.size(), 1u);
  // I, B, E, V; M and 1; N_S 0, Y, G; 1280x720; a group of one that refers to the one before.
  EXPECT_THAT(std::span{payloads[0]}.first(11),
              ElementsAreArray(from_hex("8e 8001 18 0500 02d0 01 04 01")));
  const auto next = payloads_of(
      packetizer, {.codec = Codec::Vp9, .is_key = false, .bytes = from_hex("86 00 40")});
  EXPECT_THAT(next[0], ElementsAreArray(from_hex("cc 8002 86 00 40")));
}

TEST(Vp9Payload, ReadsFlexibleModeAndLayers) {
  // Predicted, flexible, layers: spatial layer 1 begins; two differences.
  const auto upper = parsed(Codec::Vp9, from_hex("f8 07 03 03 04 aa"));
  EXPECT_FALSE(upper.begins_frame);
  EXPECT_FALSE(upper.is_key);
  EXPECT_EQ(upper.picture_id, 7);
  // A key picture's upper layer is not predicted from other pictures, and begins no frame.
  EXPECT_FALSE(parsed(Codec::Vp9, from_hex("a8 07 03 00 aa")).is_key);
  EXPECT_TRUE(parsed(Codec::Vp9, from_hex("a8 07 00 00 aa")).is_key);
  EXPECT_EQ(error_of(Codec::Vp9, "d0 07 03 03 03 02 aa"), PayloadError::Forbidden);
}

TEST(Vp9Payload, IsRefusedWhereItEndsTooEarly) {
  for (const char* hex : {"", "08", "88", "88 80", "a8 01 00", "8a 01 38 0500", "0a 08 02 04 01",
                          "0a 08 01 04 01", "50 01"}) {
    EXPECT_EQ(error_of(Codec::Vp9, hex), PayloadError::Truncated) << hex;
  }
}

TEST(Vp9Payload, OnlyKeyFramesTellTheirSize) {
  EXPECT_EQ(vp9_key_frame_size(from_hex("86 49 83 42 00 4f f0 2c f6")), std::nullopt);
  EXPECT_EQ(vp9_key_frame_size(from_hex("82 49 83 43 00 4f f0 2c f6")), std::nullopt);
  EXPECT_EQ(vp9_key_frame_size(from_hex("82 49 83 42 00 4f")), std::nullopt);
}

TEST(H264Payload, SmallUnitsGoTogetherAndLargeOnesInFragments) {  // RFC 6184 §5.7.1, §5.8
  std::vector<std::byte> bytes = from_hex("00000001 67 42 00000001 68 ce 0000 000001 65");
  bytes.resize(bytes.size() + 100, std::byte{0xAB});
  VideoPacketizer packetizer{{.codec = Codec::H264, .max_payload = 64}};
  const auto payloads =
      payloads_of(packetizer, {.codec = Codec::H264, .is_key = true, .bytes = bytes});
  ASSERT_EQ(payloads.size(), 3u);
  EXPECT_THAT(payloads[0], ElementsAreArray(from_hex("78 0002 67 42 0002 68 ce")));
  EXPECT_THAT(std::span{payloads[1]}.first(3), ElementsAreArray(from_hex("7c 85 ab")));
  EXPECT_THAT(std::span{payloads[2]}.first(3), ElementsAreArray(from_hex("7c 45 ab")));
  EXPECT_EQ(payloads[1].size(), 52u);
  EXPECT_EQ(payloads[2].size(), 52u);
  const auto first = parsed(Codec::H264, payloads[0]);
  EXPECT_TRUE(first.begins_frame);
  EXPECT_TRUE(first.is_key);
  EXPECT_TRUE(parsed(Codec::H264, payloads[1]).is_key);
  EXPECT_TRUE(parsed(Codec::H264, payloads[2]).is_key);
}

TEST(H264Payload, ModeZeroSendsSingleUnitsOnly) {  // RFC 6184 §6.2
  VideoPacketizer packetizer{
      {.codec = Codec::H264, .max_payload = 64, .h264_mode = PacketizationMode::SingleNalUnit}};
  EncodedFrame frame{.codec = Codec::H264, .bytes = from_hex("000001 67 42 000001 68 000001 65")};
  EXPECT_THAT(payloads_of(packetizer, frame),
              ElementsAre(from_hex("67 42"), from_hex("68"), from_hex("65")));
  frame.bytes.resize(frame.bytes.size() + 63, std::byte{1});
  EXPECT_TRUE(packetizer.set_frame(frame));
  frame.bytes.push_back(std::byte{1});
  EXPECT_FALSE(packetizer.set_frame(frame));
}

TEST(H264Payload, AnAggregateTakesTheHighestImportanceOfItsUnits) {  // RFC 6184 §5.7
  VideoPacketizer packetizer{{.codec = Codec::H264}};
  const auto payloads = payloads_of(
      packetizer, {.codec = Codec::H264, .bytes = from_hex("000001 26 01 000001 c1 02")});
  EXPECT_THAT(payloads, ElementsAre(from_hex("d8 0002 26 01 0002 c1 02")));
}

TEST(H264Payload, SplitsAtStartCodesOfBothLengths) {
  std::vector<std::span<const std::byte>> units;
  const auto stream = from_hex("00 000001 09 10 00000001 000001 65 00 03 00 00 000001 01");
  split_annex_b(stream, units);
  ASSERT_EQ(units.size(), 3u);
  EXPECT_THAT(units[0], ElementsAreArray(from_hex("09 10")));
  EXPECT_THAT(units[1], ElementsAreArray(from_hex("65 00 03")));
  EXPECT_THAT(units[2], ElementsAreArray(from_hex("01")));
  split_annex_b(from_hex("65 01 02"), units);
  EXPECT_TRUE(units.empty());
}

TEST(H264Payload, WhatIsNotWholeOrNotNegotiatedIsRefused) {
  EXPECT_EQ(error_of(Codec::H264, ""), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::H264, "78"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::H264, "78 0002 67"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::H264, "78 0001 67 00"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::H264, "78 0000"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::H264, "7c 85"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::H264, "7c c5 01"), PayloadError::Forbidden);
  EXPECT_EQ(error_of(Codec::H264, "7d 85 0000 01"), PayloadError::Unsupported);  // FU-B
  EXPECT_EQ(error_of(Codec::H264, "7a 0000 0001 67"), PayloadError::Unsupported);
  EXPECT_EQ(error_of(Codec::H264, "60 01"), PayloadError::Unsupported);
}

TEST(Av1Payload, DropsTheDelimiterAndTheSizes) {  // AV1 RTP §4.4, §5
  VideoPacketizer packetizer{{.codec = Codec::Av1}};
  const auto payloads = payloads_of(
      packetizer,
      {.codec = Codec::Av1, .is_key = true, .bytes = from_hex("1200 0a 02 aabb 32 03 010203")});
  // W = 2, N; as Chromium begins its key frames.
  EXPECT_THAT(payloads, ElementsAre(from_hex("28 03 08aabb 30010203")));
  EXPECT_TRUE(parsed(Codec::Av1, payloads[0]).is_key);
  EXPECT_EQ(rebuild(Codec::Av1, payloads), from_hex("0a 02 aabb 32 03 010203"));
}

TEST(Av1Payload, SaysWhichElementsGoOn) {
  SeededRandom random{3};
  EncodedFrame frame{.codec = Codec::Av1};
  append_obu(frame.bytes, ObuType::Frame, 150, random);
  VideoPacketizer packetizer{{.codec = Codec::Av1, .max_payload = 64}};
  const auto payloads = payloads_of(packetizer, frame);
  ASSERT_EQ(payloads.size(), 3u);
  EXPECT_EQ(payloads[0][0], std::byte{0x50});  // Y, as Chromium's first of several
  EXPECT_EQ(payloads[1][0], std::byte{0xD0});
  EXPECT_EQ(payloads[2][0], std::byte{0x90});
  EXPECT_EQ(payloads[0].size(), 52u);
}

TEST(Av1Payload, ReadsWhatOtherSendersWrite) {
  // Every element with its length (W = 0), a size of its own in one, a delimiter, an extension.
  const auto payload = from_hex("00 02 1200 04 0a 02 aabb 03 34 20 cc");
  EXPECT_EQ(rebuild(Codec::Av1, {payload}), from_hex("0a 02 aabb 36 20 01 cc"));
  // A length of two bytes, as leb128 allows.
  EXPECT_EQ(rebuild(Codec::Av1, {from_hex("20 8200 30aa 30bb")}), from_hex("32 01 aa 32 01 bb"));
}

TEST(Av1Payload, WhatIsNotWholeIsRefused) {
  EXPECT_EQ(error_of(Codec::Av1, ""), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::Av1, "10"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::Av1, "20 05 30"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::Av1, "20 01 30"), PayloadError::Truncated);  // one of two
  EXPECT_EQ(error_of(Codec::Av1, "00 00"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::Av1, "00 80 80"), PayloadError::Truncated);
  EXPECT_EQ(error_of(Codec::Av1, "98 30"), PayloadError::Forbidden);        // Z and N
  EXPECT_EQ(rebuild(Codec::Av1, {from_hex("10 32 05 01")}), std::nullopt);  // a size that lies
  EXPECT_EQ(rebuild(Codec::Av1, {from_hex("10 b0 01")}), std::nullopt);
  EXPECT_EQ(rebuild(Codec::Av1, {from_hex("50 30 01")}), std::nullopt);  // goes on, but doesn't
}

}  // namespace
}  // namespace duet::media
