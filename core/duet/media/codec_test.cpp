// SPDX-License-Identifier: MIT
// Codecs and their names.
#include <duet/media/codec.hpp>

#include <gtest/gtest.h>

namespace duet::media {
namespace {

TEST(Codec, IsFoundByTheNameThatDescriptionsGiveIt) {
  for (const Codec codec :
       {Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1, Codec::Opus, Codec::Pcmu, Codec::Pcma}) {
    EXPECT_EQ(codec_named(name_of(codec)), codec);
  }
  EXPECT_EQ(codec_named("OPUS"), Codec::Opus);
  EXPECT_EQ(codec_named("rtx"), std::nullopt);
  EXPECT_EQ(codec_named(""), std::nullopt);
}

TEST(Codec, HasTheClockOfItsPayloadFormat) {
  EXPECT_EQ(clock_rate(Codec::Av1), 90'000u);
  EXPECT_EQ(clock_rate(Codec::Opus), 48'000u);
  EXPECT_EQ(clock_rate(Codec::Pcma), 8'000u);
}

}  // namespace
}  // namespace duet::media
