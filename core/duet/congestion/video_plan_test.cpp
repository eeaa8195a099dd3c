// SPDX-License-Identifier: MIT
// Tests of pictures that suit a rate.
#include <duet/congestion/video_plan.hpp>

#include <gtest/gtest.h>

namespace duet::congestion {
namespace {

using media::Codec;

constexpr VideoSource kCamera{};
constexpr VideoSource kScreen{
    .width = 1920, .height = 1080, .content = VideoSource::Content::Detail};

TEST(VideoPlan, ShowsHighDefinitionFromAMegabitAndAQuarter) {
  EXPECT_EQ(plan_video(1'300'000, kCamera, Codec::Vp8), (VideoPlan{1280, 720, 30}));
  EXPECT_EQ(plan_video(1'200'000, kCamera, Codec::Vp8), (VideoPlan{960, 540, 30}));
  EXPECT_EQ(plan_video(950'000, kCamera, Codec::Vp9), (VideoPlan{1280, 720, 30}));
  EXPECT_EQ(plan_video(850'000, kCamera, Codec::Av1), (VideoPlan{1280, 720, 30}));
}

TEST(VideoPlan, ComesDownToASmallSlowPictureAndNoFurther) {
  EXPECT_EQ(plan_video(450'000, kCamera, Codec::Vp8), (VideoPlan{640, 360, 30}));
  EXPECT_EQ(plan_video(150'000, kCamera, Codec::Vp8), (VideoPlan{320, 180, 30}));
  EXPECT_EQ(plan_video(100'000, kCamera, Codec::Vp8), (VideoPlan{320, 180, 30})) << "soft";
  EXPECT_EQ(plan_video(90'000, kCamera, Codec::Vp8), (VideoPlan{320, 180, 15}));
  EXPECT_EQ(plan_video(1'000, kCamera, Codec::Vp8), (VideoPlan{320, 180, 7.5}));
}

TEST(VideoPlan, LeavesASmallSourceItsSize) {
  const VideoSource small{.width = 176, .height = 144, .fps = 10};
  EXPECT_EQ(plan_video(1'000, small, Codec::Vp8), (VideoPlan{176, 144, 10}));
  const VideoSource odd{.width = 641, .height = 359, .fps = 6};
  EXPECT_EQ(plan_video(5e6, odd, Codec::Vp8), (VideoPlan{640, 358, 6}));
}

TEST(VideoPlan, KeepsAScreensSizeAsLongAsItCan) {
  EXPECT_EQ(plan_video(2'000'000, kScreen, Codec::Vp8), (VideoPlan{1920, 1080, 30}));
  EXPECT_EQ(plan_video(900'000, kScreen, Codec::Vp8), (VideoPlan{1920, 1080, 15}));
  EXPECT_EQ(plan_video(560'000, kScreen, Codec::Vp8), (VideoPlan{1920, 1080, 7.5}));
  EXPECT_EQ(plan_video(200'000, kScreen, Codec::Vp8).fps, 7.5);
}

TEST(VideoPlan, APhoneHeldUprightIsATallPicture) {
  const VideoSource tall{.width = 720, .height = 1280};
  EXPECT_EQ(plan_video(450'000, tall, Codec::Vp8), (VideoPlan{360, 640, 30}));
}

TEST(VideoPlan, ARateThatWaversChangesNothing) {
  for (const VideoSource& source : {kCamera, kScreen}) {
    for (double rate = 40'000; rate < 4e6; rate *= 1.03) {
      const VideoPlan before = plan_video(rate, source, Codec::Vp8);
      std::optional<VideoPlan> now = before;
      int changes = 0;
      for (int i = 0; i < 20; ++i) {
        const VideoPlan next =
            plan_video(rate * (i % 2 == 0 ? 0.93 : 1.07), source, Codec::Vp8, now);
        if (next != *now) ++changes;
        now = next;
      }
      EXPECT_LE(changes, 1) << rate;
    }
  }
}

TEST(VideoPlan, MoreIsNeverWorse) {
  for (const VideoSource& source : {kCamera, kScreen, VideoSource{.fps = 60}}) {
    VideoPlan last{0, 0, 0};
    for (double rate = 10'000; rate < 6e6; rate *= 1.01) {
      const VideoPlan plan = plan_video(rate, source, Codec::H264);
      EXPECT_GE(rate_needed_bps(plan.width, plan.height, plan.fps, Codec::H264, source.content) + 1,
                rate_needed_bps(last.width, last.height, last.fps, Codec::H264, source.content));
      EXPECT_TRUE(plan.width % 2 == 0 && plan.height % 2 == 0);
      last = plan;
    }
    EXPECT_EQ(last, (VideoPlan{source.width, source.height, source.fps}));
  }
}

}  // namespace
}  // namespace duet::congestion
