// SPDX-License-Identifier: MIT
// Frames cut into payloads and put together again, of every codec.
#include <duet/media/video_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace duet::media {
namespace {

constexpr Codec kCodecs[] = {Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1};

class PacketizerTest : public testing::TestWithParam<Codec> {
 protected:
  SeededRandom random_{7};
};

INSTANTIATE_TEST_SUITE_P(Codecs, PacketizerTest, testing::ValuesIn(kCodecs),
                         [](const auto& each) { return std::string{name_of(each.param)}; });

TEST_P(PacketizerTest, WhatIsCutIsPutTogetherAgain) {
  for (const std::size_t max_payload : {64u, 100u, 1200u}) {
    VideoPacketizer packetizer{{.codec = GetParam(), .max_payload = max_payload}};
    for (int i = 0; i < 300; ++i) {
      const bool is_key = i % 5 == 0;
      const auto frame = make_frame(GetParam(), is_key, 1 + random_.u64() % 5000, random_);
      const auto payloads = payloads_of(packetizer, frame);
      ASSERT_EQ(rebuild(GetParam(), payloads), frame.bytes) << "frame " << i;
      bool told_key = false;
      for (const auto& payload : payloads) {
        ASSERT_LE(payload.size(), max_payload);
        told_key = told_key || parse_video_payload(GetParam(), payload)->is_key;
      }
      EXPECT_EQ(told_key, is_key);
      if (is_key) {
        EXPECT_TRUE(parse_video_payload(GetParam(), payloads[0])->begins_frame);
      }
    }
  }
}

TEST_P(PacketizerTest, OnlyTheLastPayloadHasTheMarker) {
  VideoPacketizer packetizer{{.codec = GetParam()}};
  ASSERT_TRUE(packetizer.set_frame(make_frame(GetParam(), true, 3000, random_)));
  const auto frame = make_frame(GetParam(), true, 5000, random_);
  ASSERT_TRUE(packetizer.set_frame(frame));  // the one before is forgotten
  std::vector<bool> markers;
  while (const auto payload = packetizer.poll_payload()) markers.push_back(payload->marker);
  EXPECT_GE(markers.size(), 5u);
  EXPECT_EQ(std::ranges::count(markers, true), 1);
  EXPECT_TRUE(markers.back());
}

TEST_P(PacketizerTest, PacketsAreOfAboutOneSize) {
  VideoPacketizer packetizer{{.codec = GetParam()}};
  for (std::size_t size = 1300; size < 6000; size += 37) {
    const auto payloads = payloads_of(packetizer, make_frame(GetParam(), false, size, random_));
    std::size_t least = SIZE_MAX;
    std::size_t most = 0;
    for (const auto& payload : payloads) {
      least = std::min(least, payload.size());
      most = std::max(most, payload.size());
    }
    EXPECT_LE(most - least, 8u) << size;
    EXPECT_LE(payloads.size(), (size + 20 + 1190) / 1191) << size;
  }
}

TEST_P(PacketizerTest, RefusesWhatItCannotSend) {
  VideoPacketizer packetizer{{.codec = GetParam()}};
  EXPECT_FALSE(packetizer.set_frame({.codec = GetParam()}));
  EXPECT_FALSE(packetizer.set_frame({.codec = Codec::Opus, .bytes = std::vector(9, std::byte{1})}));
  EXPECT_FALSE(packetizer.poll_payload());
}

// VP8 and VP9 are only joined: what is missing there is for the sequence numbers to tell.
TEST(FrameBuilder, PutsNoFrameTogetherThatHasALossInIt) {
  SeededRandom random{8};
  for (const Codec codec : {Codec::H264, Codec::Av1}) {
    VideoPacketizer packetizer{{.codec = codec}};
    auto payloads = payloads_of(packetizer, make_frame(codec, false, 5000, random));
    auto without_first = payloads;
    without_first.erase(without_first.begin());
    EXPECT_FALSE(rebuild(codec, without_first));
    payloads.pop_back();
    EXPECT_FALSE(rebuild(codec, payloads));
  }
}

}  // namespace
}  // namespace duet::media
