// SPDX-License-Identifier: MIT
// Tests of frames made out of packets.
#include <duet/media/frame_assembler.hpp>
#include <duet/media/video_test_support.hpp>

#include <gtest/gtest.h>

#include <string>

namespace duet::media {
namespace {

using Verdict = FrameAssembler::Verdict;

/// Packets of VP8: S and, in the frame's first byte, whether it is a key frame.
class AssemblerTest : public testing::Test {
 protected:
  struct Part {
    bool begins = false;
    bool ends = false;
    bool is_key = false;
  };

  Verdict give(std::int64_t sequence, std::int64_t timestamp, const Part& part) {
    std::vector<std::byte> payload{part.begins ? std::byte{0x10} : std::byte{0},
                                   part.is_key ? std::byte{0} : std::byte{1},
                                   static_cast<std::byte>(sequence)};
    return assembler_.handle_packet(
        now_,
        {.sequence = sequence, .timestamp = timestamp, .marker = part.ends, .payload = payload});
  }

  Verdict key(std::int64_t sequence, std::int64_t timestamp) {
    return give(sequence, timestamp, {.begins = true, .ends = true, .is_key = true});
  }

  Verdict delta(std::int64_t sequence, std::int64_t timestamp) {
    return give(sequence, timestamp, {.begins = true, .ends = true});
  }

  Verdict padding(std::int64_t sequence, std::int64_t timestamp) {
    return assembler_.handle_packet(now_, {.sequence = sequence, .timestamp = timestamp});
  }

  /// Takes all that can be, a key frame first; the timestamps.
  std::string take_all(bool may_skip = true) {
    std::string taken;
    while (true) {
      if (!assembler_.next() && may_skip && assembler_.next_after_gap()) assembler_.skip_gap();
      EncodedFrame frame;
      if (!assembler_.next() || !assembler_.take(now_, frame)) return taken;
      taken += std::to_string(frame.timestamp.value()) + (frame.is_key ? "k " : " ");
    }
  }

  Instant now_{1s};
  FrameAssembler assembler_;
};

TEST_F(AssemblerTest, BeginsWithAKeyFrame) {
  EXPECT_EQ(delta(9, 3), Verdict::Taken);
  EXPECT_EQ(assembler_.broken_since(), now_);
  EXPECT_EQ(take_all(), "");
  key(10, 6);
  delta(11, 9);
  EXPECT_EQ(take_all(), "6k 9 ");
  EXPECT_FALSE(assembler_.broken_since());
}

TEST_F(AssemblerTest, PutsPacketsInOrderWhateverTheirs) {
  give(12, 6, {.begins = true});
  give(11, 3, {.ends = true});
  give(13, 6, {.ends = true});
  EXPECT_EQ(take_all(), "");
  give(10, 3, {.begins = true, .is_key = true});
  EXPECT_EQ(take_all(), "3k 6 ");
  EXPECT_EQ(give(11, 3, {.ends = true}), Verdict::Useless);
}

TEST_F(AssemblerTest, MakesTheFrameOfWhatCame) {
  give(-2, 3, {.begins = true, .is_key = true});  // numbers before the first may be negative
  give(-1, 3, {});
  give(-1, 3, {});  // twice
  give(0, 3, {.ends = true});
  assembler_.skip_gap();
  EncodedFrame frame;
  ASSERT_TRUE(assembler_.take(now_, frame));
  EXPECT_EQ(frame.bytes, (std::vector{std::byte{0}, std::byte{0xFE}, std::byte{1}, std::byte{0xFF},
                                      std::byte{1}, std::byte{0}}));
  EXPECT_EQ(assembler_.bytes(), 0u);
}

TEST_F(AssemblerTest, WaitsForWhatIsMissing) {
  key(10, 3);
  take_all();
  now_ += 10ms;
  delta(12, 9);
  EXPECT_EQ(take_all(), "");
  EXPECT_EQ(assembler_.missing_since(), now_);
  now_ += 10ms;
  delta(11, 6);
  EXPECT_FALSE(assembler_.missing_since());
  EXPECT_EQ(take_all(), "6 9 ");
}

TEST_F(AssemblerTest, AFrameThatStillComesMissesNothing) {
  key(10, 3);
  take_all();
  give(11, 6, {.begins = true});
  EXPECT_FALSE(assembler_.missing_since());
  EXPECT_FALSE(assembler_.next());
}

TEST_F(AssemblerTest, GoesOnWithTheLatestKeyFrameBehindAGap) {
  key(10, 3);
  take_all();
  delta(12, 9);
  key(13, 12);
  delta(14, 15);
  key(15, 18);
  delta(16, 21);
  EXPECT_FALSE(assembler_.next());
  ASSERT_TRUE(assembler_.next_after_gap());
  EXPECT_EQ(assembler_.next_after_gap()->timestamp, 18);
  EXPECT_EQ(assembler_.skip_gap(), 3u);
  EXPECT_EQ(take_all(false), "18k 21 ");
}

TEST_F(AssemblerTest, AKeyFrameWithoutItsFirstPacketsIsNone) {
  key(10, 3);
  take_all();
  give(13, 9, {.ends = true});  // 11 and 12 are missing
  EXPECT_FALSE(assembler_.next_after_gap());
  give(12, 9, {.begins = true, .is_key = true});
  EXPECT_TRUE(assembler_.next_after_gap());
}

TEST_F(AssemblerTest, PaddingIsNothingMissing) {
  key(10, 3);
  padding(11, 3);
  padding(12, 3);
  delta(13, 6);
  EXPECT_EQ(take_all(), "3k 6 ");
  padding(15, 6);  // before what it follows
  EXPECT_EQ(assembler_.missing_since(), now_);
  padding(14, 6);
  EXPECT_FALSE(assembler_.missing_since());
  give(16, 9, {.begins = true});
  padding(17, 9);  // within a frame
  give(18, 9, {.ends = true});
  EXPECT_EQ(take_all(), "9 ");
}

TEST_F(AssemblerTest, TheNextFrameEndsOneWithoutMarker) {
  give(10, 3, {.begins = true, .is_key = true});
  give(11, 3, {});
  EXPECT_EQ(take_all(), "");
  give(12, 6, {.begins = true});
  EXPECT_EQ(take_all(), "3k ");
}

TEST_F(AssemblerTest, AbandonsWhatIsNotWorthWaitingFor) {
  key(10, 3);
  take_all();
  delta(12, 9);
  assembler_.abandon(now_, 100);
  EXPECT_EQ(assembler_.broken_since(), now_);
  EXPECT_EQ(delta(11, 6), Verdict::Useless);
  delta(100, 60);
  EXPECT_EQ(take_all(), "");
  key(101, 63);
  EXPECT_EQ(take_all(), "63k ");
}

TEST_F(AssemblerTest, RestartsWhereTheStreamDoes) {
  key(10, 3);
  delta(12, 9);
  take_all();
  assembler_.restart();
  EXPECT_FALSE(assembler_.newest());
  delta(500'000, 77);
  EXPECT_EQ(take_all(), "");
  key(500'001, 80);
  EXPECT_EQ(take_all(), "80k ");
}

TEST_F(AssemblerTest, TheOldestGoesWhereTooMuchComes) {
  key(10, 3);
  take_all();
  for (int i = 0; i < 1000; ++i) delta(20 + i, 30 + 3 * i);
  EXPECT_EQ(assembler_.frames(), FrameAssembler::kMaxFrames);
  EXPECT_TRUE(assembler_.broken_since());
  key(30'000, 99'000);  // all of them are out of the window
  EXPECT_EQ(assembler_.frames(), 1u);
  EXPECT_EQ(take_all(), "99000k ");
  EXPECT_EQ(assembler_.bytes(), 0u);
}

TEST_F(AssemblerTest, APartOfAFrameWhoseBeginningHasGoneIsNone) {
  // Of VP9, each packet says whether its frame is a key frame.
  const auto part = [&](std::int64_t sequence, std::int64_t timestamp, const Part& what) {
    const std::vector<std::byte> payload{(what.begins ? std::byte{0x08} : std::byte{0}) |
                                             (what.ends ? std::byte{0x04} : std::byte{0}),
                                         std::byte{0x82}, static_cast<std::byte>(sequence)};
    return assembler_.handle_packet(now_, {.sequence = sequence,
                                           .timestamp = timestamp,
                                           .codec = Codec::Vp9,
                                           .marker = what.ends,
                                           .payload = payload});
  };
  constexpr auto kWindow = static_cast<std::int64_t>(FrameAssembler::kWindow);
  part(kWindow, 3, {.begins = true});
  for (int at = 1; at < 9; ++at) {
    if (at != 5) part(kWindow + at, 3, {});
  }
  part(2 * kWindow + 2, 9, {.begins = true});  // so the first three are too old
  EXPECT_EQ(part(kWindow + 5, 3, {}), Verdict::Taken);
  EXPECT_FALSE(assembler_.next_after_gap());
  EXPECT_EQ(take_all(), "");
}

TEST_F(AssemblerTest, BytesAreBounded) {
  const std::vector<std::byte> large(60'000, std::byte{0x10});
  for (int i = 0; i < 200; ++i) {
    assembler_.handle_packet(now_, {.sequence = i, .timestamp = i, .payload = large});
    ASSERT_LE(assembler_.bytes(), FrameAssembler::kMaxBytes);
  }
  EXPECT_GT(assembler_.bytes(), FrameAssembler::kMaxBytes / 2);
}

TEST_F(AssemblerTest, WhatIsNotOfItsCodecIsMissing) {
  key(10, 3);
  take_all();
  EXPECT_EQ(
      assembler_.handle_packet(now_, {.sequence = 11, .timestamp = 6, .payload = as_bytes("\x10")}),
      Verdict::Malformed);
  delta(12, 9);
  EXPECT_TRUE(assembler_.missing_since());
}

TEST_F(AssemblerTest, FramesThatDoNotEndAreMissed) {
  key(10, 3);
  take_all();
  give(11, 6, {.begins = true});
  give(12, 9, {.begins = true});
  give(13, 6, {.ends = true});  // another one's packet lies within
  EXPECT_FALSE(assembler_.next());
  EXPECT_EQ(assembler_.missing_since(), now_);
}

TEST_F(AssemblerTest, ParametersAloneMakeNoKeyFrame) {
  const auto unit = [&](std::int64_t sequence, std::int64_t timestamp, std::string_view payload) {
    assembler_.handle_packet(now_, {.sequence = sequence,
                                    .timestamp = timestamp,
                                    .codec = Codec::H264,
                                    .marker = payload[0] != 0x67,
                                    .payload = as_bytes(payload)});
  };
  unit(10, 3, "\x67\x42");
  EXPECT_TRUE(assembler_.key_frame());  // as far as one knows
  unit(11, 3, "\x61\x01");
  EXPECT_FALSE(assembler_.key_frame());
  EXPECT_EQ(take_all(), "");
  unit(12, 6, "\x67\x42");
  unit(13, 6, "\x65\x01");
  EXPECT_EQ(take_all(), "6k ");
}

TEST_F(AssemblerTest, PartsThatDoNotFitTogetherBreakTheStream) {
  const auto unit = [&](std::int64_t sequence, std::string_view payload, bool ends) {
    assembler_.handle_packet(now_, {.sequence = sequence,
                                    .timestamp = 3,
                                    .codec = Codec::H264,
                                    .marker = ends,
                                    .payload = as_bytes(payload)});
  };
  unit(10, "\x67\x42", false);
  unit(11, "\x7c\x05\x01", true);  // the middle of a fragment
  ASSERT_TRUE(assembler_.next_after_gap());
  assembler_.skip_gap();
  EncodedFrame frame;
  EXPECT_FALSE(assembler_.take(now_, frame));
  EXPECT_TRUE(assembler_.broken_since());
  EXPECT_EQ(assembler_.frames(), 0u);
}

}  // namespace
}  // namespace duet::media
