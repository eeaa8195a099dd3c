// SPDX-License-Identifier: MIT
// Pictures over paths with faults: what holds on each of a thousand of them, and how well.
#include <duet/media/video_link_test_support.hpp>

#include <gtest/gtest.h>

namespace duet::media {
namespace {

struct Seen {
  VideoLinkResult result;
  std::uint64_t freezes = 0;
  double delay_ms = 0;  // that the buffer adds in the end
};

Seen watch(const VideoLinkOptions& options, Duration span) {
  VideoLink link{options};
  link.run(span);
  link.finish();
  return {.result = link.result(),
          .freezes = link.freezes().freeze_count,
          .delay_ms = VideoLink::millis(link.buffer().current_delay())};
}

TEST(VideoLink, ACleanPathCostsTheDecodingAndNothingElse) {
  const auto seen = watch({}, 30s);
  EXPECT_EQ(seen.result.shown, 900);
  EXPECT_LT(seen.result.mean_delay_ms, 15);  // 10 of decoding, 2.5 until the last packet has left
  EXPECT_LT(seen.result.cadence_error_ms, 0.1);
  EXPECT_EQ(seen.freezes, 0u);
}

TEST(VideoLink, JitterIsTakenOutForWhatItIs) {
  const auto seen = watch({.jitter = 15ms}, 30s);
  EXPECT_EQ(seen.result.shown, 900);
  EXPECT_LT(seen.result.mean_delay_ms, 30);
  EXPECT_LT(seen.result.cadence_error_ms, 0.5);
}

TEST(VideoLink, ReorderedPacketsAreNeitherAskedForNorMissed) {
  const auto seen = watch({.jitter = 10ms, .reordered = 0.05}, 30s);
  EXPECT_EQ(seen.result.shown, 900);
  EXPECT_LE(seen.result.resent, 10u);  // until it is known how late they come
  EXPECT_EQ(seen.result.key_frames_asked, 0u);
}

TEST(VideoLink, ALossIsCoveredByTheDelayThatItsRepairTakes) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    const auto seen = watch({.seed = seed, .loss = 0.05}, 45s);
    // Nobody knows that the very first packet is missing: that takes a key frame.
    EXPECT_LE(seen.result.lost, 3);
    EXPECT_LE(seen.result.key_frames_asked, 1u);
    EXPECT_EQ(seen.freezes, 0u);
    EXPECT_LT(seen.result.mean_delay_ms, 130);
    EXPECT_LT(seen.result.cadence_error_ms, 1.5);
  }
}

TEST(VideoLink, HeavyLossBothWaysIsStillAPicture) {
  std::uint64_t freezes = 0;
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto seen = watch({.seed = seed, .loss = 0.2, .back_loss = 0.2}, 45s);
    freezes += seen.freezes;
    lost += seen.result.lost;
    EXPECT_LT(seen.result.mean_delay_ms, 350);
  }
  EXPECT_LE(freezes, 8u);
  EXPECT_LE(lost, 30);  // of 6,750
}

TEST(VideoLink, AfterAnOutageAKeyFrameComesAtOnce) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const Instant begin = Instant{5s} + static_cast<std::int64_t>(seed) * 1700us;
    const auto seen = watch({.seed = seed, .outage_begin = begin, .outage_end = begin + 2s}, 10s);
    ASSERT_TRUE(seen.result.after_outage);
    EXPECT_EQ(seen.result.key_frames_asked, 1u);
    EXPECT_EQ(seen.freezes, 1u);
    EXPECT_LT(seen.delay_ms, 15);  // it says nothing of the path
    sum += VideoLink::millis(*seen.result.after_outage);
  }
  // Half a frame, half a round trip, a round trip, half a frame, and the key frame's own 22 ms.
  EXPECT_LT(sum / 20, 130);
}

TEST(VideoLink, AShortOutageIsRepairedWithoutAKeyFrame) {
  const auto seen = watch({.outage_begin = Instant{5s}, .outage_end = Instant{5s} + 200ms}, 10s);
  EXPECT_EQ(seen.result.key_frames_asked, 0u);
  EXPECT_EQ(seen.result.lost, 0);
}

TEST(VideoLink, WithoutRetransmissionsAKeyFrameReplacesWhatIsLost) {
  const auto seen = watch({.loss = 0.002, .nack = false}, 30s);
  EXPECT_GT(seen.result.key_frames_asked, 3u);
  EXPECT_GT(seen.result.delivered, 800);
  EXPECT_EQ(seen.result.resent, 0u);
}

TEST(VideoLink, DelayComesBackDownWhenThePathIsGoodAgain) {
  VideoLink link{{.jitter = 60ms}};
  link.run(10s);
  EXPECT_GT(link.buffer().current_delay(), 45ms);
  link.options().jitter = 0us;
  link.run(20s);
  EXPECT_LT(link.buffer().current_delay(), 15ms);
}

/// Any path and any stream. VideoLink itself sees that what is delivered is what was sent, in
/// order, and never without what it stands on.
VideoLinkOptions any_options(std::uint64_t seed) {
  SeededRandom random{seed};
  const auto one_of = [&](auto... values) {
    const std::array all{values...};
    return all[random.u64() % all.size()];
  };
  VideoLinkOptions options{.seed = seed,
                           .codec = one_of(Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1),
                           .frames_per_second = one_of(5, 15, 30, 60),
                           .frame_size = one_of(20u, 300u, 900u),
                           .max_payload = 150,
                           .delay = one_of(1ms, 25ms, 120ms),
                           .jitter = one_of(0ms, 0ms, 10ms, 60ms),
                           .loss = one_of(0.0, 0.0, 0.01, 0.1, 0.3),
                           .back_loss = one_of(0.0, 0.1, 0.3),
                           .reordered = one_of(0.0, 0.05, 0.5),
                           .duplicated = one_of(0.0, 0.1),
                           .rate_bps = one_of(2'000'000u, 20'000'000u),
                           .nack = one_of(true, true, true, false)};
  if (one_of(0, 0, 1) == 1) {
    options.outage_begin = Instant{1s} + Duration{random.u64() % 2'000'000};
    options.outage_end = options.outage_begin + Duration{random.u64() % 1'500'000};
  }
  return options;
}

TEST(VideoLink, OverAnyPathFramesComeWholeInOrderAndDecodable) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto options = any_options(seed);
    VideoLink link{options};
    link.run(3s);
    link.finish();
    if (testing::Test::HasFatalFailure()) return;
    const auto result = link.result();
    const bool has_outage = options.outage_end > options.outage_begin;
    if (options.loss == 0 && !has_outage) {
      EXPECT_EQ(result.lost, 0);
      EXPECT_EQ(result.key_frames_asked, 0u);
    }
    if (options.nack && options.loss <= 0.1 && options.back_loss <= 0.1 && !has_outage &&
        options.delay <= 25ms) {
      // A stream whose first packet was lost begins with a second key frame.
      EXPECT_LE(result.lost, options.frames_per_second);
    }
    if (options.nack && options.loss <= 0.1) {
      EXPECT_GT(result.delivered, 0);
    }
    EXPECT_LE(link.buffer().current_delay(),
              PlayoutClock::kMaxDelay + PlayoutClock::kMaxDecodeTime);
  }
}

}  // namespace
}  // namespace duet::media
