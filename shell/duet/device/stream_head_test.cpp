// SPDX-License-Identifier: MIT
// What key frames of real encoders say of themselves.
#include <duet/device/encode_for_test.hpp>
#include <duet/device/stream_head.hpp>

#include <gtest/gtest.h>

namespace duet::device {
namespace {

using media::Codec;

constexpr Codec kVideo[] = {Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1};

TEST(StreamHead, KnowsTheSizeOfEveryCodecsKeyFrames) {
  for (const Codec codec : kVideo) {
    for (const codec::Size size : {codec::Size{320, 180}, {322, 182}, {64, 48}}) {
      SCOPED_TRACE(std::string{media::name_of(codec)} + " " + std::to_string(size.width));
      const auto head = head_of(encoded_pictures(codec, size, 1).front());
      ASSERT_TRUE(head);
      EXPECT_EQ(head->size, size);
      EXPECT_EQ(head->parameters.empty(), codec == Codec::Vp8 || codec == Codec::Vp9);
    }
  }
}

TEST(StreamHead, ReadsItsOwnUsualOnes) {
  for (const Codec codec : {Codec::H264, Codec::Av1}) {
    const auto usual = usual_head(codec);
    EXPECT_EQ(head_of({codec, {}, true, usual.parameters}), usual);
  }
}

TEST(StreamHead, TakesNoFrameThatIsCutShortOrOfAnotherKind) {
  for (const Codec codec : kVideo) {
    SCOPED_TRACE(media::name_of(codec));
    const auto frames = encoded_pictures(codec, {64, 48}, 2);
    EXPECT_FALSE(head_of(frames[1]));
    auto cut = frames[0];
    cut.bytes.resize(5);
    EXPECT_FALSE(head_of(cut));
    cut.bytes.clear();
    EXPECT_FALSE(head_of(cut));
  }
}

}  // namespace
}  // namespace duet::device
