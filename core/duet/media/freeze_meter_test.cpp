// SPDX-License-Identifier: MIT
// Tests of freezes, pauses and the times between pictures.
#include <duet/media/freeze_meter.hpp>

#include <gtest/gtest.h>

namespace duet::media {
namespace {

class FreezeMeterTest : public testing::Test {
 protected:
  void after(Duration interval) {
    now_ += interval;
    meter_.handle_rendered(now_);
  }

  void run(int frames, Duration interval) {
    for (int i = 0; i < frames; ++i) after(interval);
  }

  Instant now_{5s};
  FreezeMeter meter_;
};

TEST_F(FreezeMeterTest, AFreezeLastsTheAverageAnd150Milliseconds) {
  run(60, 33ms);
  after(182ms);
  EXPECT_EQ(meter_.stats().freeze_count, 0u);
  run(60, 33ms);
  after(183ms);
  EXPECT_EQ(meter_.stats().freeze_count, 1u);
  EXPECT_EQ(meter_.stats().total_freezes, 183ms);
}

TEST_F(FreezeMeterTest, OfSlowPicturesAFreezeLastsThreeTimesTheAverage) {
  run(60, 100ms);
  after(299ms);
  EXPECT_EQ(meter_.stats().freeze_count, 0u);
  run(60, 100ms);
  after(300ms);
  EXPECT_EQ(meter_.stats().freeze_count, 1u);
}

TEST_F(FreezeMeterTest, APauseIsNoFreeze) {
  run(60, 33ms);
  after(6s);
  EXPECT_EQ(meter_.stats().freeze_count, 0u);
  EXPECT_EQ(meter_.stats().pause_count, 1u);
  EXPECT_EQ(meter_.stats().total_pauses, 6s);
  after(183ms);  // the average is still that of before
  EXPECT_EQ(meter_.stats().freeze_count, 1u);
}

TEST_F(FreezeMeterTest, SumsTheTimesBetweenPictures) {
  run(1, 7s);  // since nothing
  run(10, 100ms);
  after(500ms);
  EXPECT_EQ(meter_.stats().frames_rendered, 12u);
  EXPECT_EQ(meter_.stats().total_inter_frame_delay, 1500ms);
  EXPECT_NEAR(meter_.stats().total_squared_inter_frame_delay, 10 * 0.01 + 0.25, 1e-9);
}

}  // namespace
}  // namespace duet::media
