// SPDX-License-Identifier: MIT
// Tests of framing in streams.
#include <duet/stun/stream.hpp>
#include <duet/stun/test_vectors.hpp>

#include <gtest/gtest.h>

namespace duet::stun {
namespace {

TEST(StunStream, FindsMessagesByteByByte) {
  const auto bytes = from_hex(kSampleRequest);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Frame frame = next_frame(std::span{bytes}.first(size));
    EXPECT_EQ(frame.kind, Frame::Kind::NeedMore);
    EXPECT_GT(frame.size, size);
    EXPECT_LE(frame.size, bytes.size());
  }
  EXPECT_EQ(next_frame(bytes), (Frame{Frame::Kind::Stun, bytes.size()}));
}

TEST(StunStream, CountsThePaddingOfChannelData) {  // RFC 8656 §12.5
  EXPECT_EQ(next_frame(from_hex("40000005 0102030405")), (Frame{Frame::Kind::NeedMore, 12}));
  EXPECT_EQ(next_frame(from_hex("40000005 0102030405 000000 40")),
            (Frame{Frame::Kind::ChannelData, 12}));
  EXPECT_EQ(next_frame(from_hex("7fff0000")), (Frame{Frame::Kind::ChannelData, 4}));
  EXPECT_EQ(next_frame(from_hex("4000ffff")), (Frame{Frame::Kind::NeedMore, kMaxFrameSize}));
}

TEST(StunStream, RefusesWhatIsNeither) {
  EXPECT_EQ(next_frame(from_hex("80")).kind, Frame::Kind::Bad);        // RTP
  EXPECT_EQ(next_frame(from_hex("ffff0000")).kind, Frame::Kind::Bad);  // channel 0xFFFF
  EXPECT_EQ(next_frame(from_hex("00010002")).kind, Frame::Kind::Bad);  // unaligned
  EXPECT_EQ(next_frame(from_hex("0001fffc")).kind, Frame::Kind::Bad);  // longer than any message
  EXPECT_EQ(next_frame(from_hex("00010000 2112a443")).kind, Frame::Kind::Bad);
}

}  // namespace
}  // namespace duet::stun
