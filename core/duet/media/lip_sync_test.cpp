// SPDX-License-Identifier: MIT
// Tests of sound and picture brought together.
#include <duet/media/lip_sync.hpp>

#include <gtest/gtest.h>

namespace duet::media {
namespace {

double millis(Duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

/// A call of which sound and picture are captured together, and take so long until they are played.
class LipSyncTest : public testing::Test {
 protected:
  /// @return the longest step that either of them had to take
  Duration run(Duration span, Duration audio, Duration video) {
    Duration longest{0};
    for (const Instant end = now_ + span; now_ < end; now_ += 20ms) {
      const Duration audio_before = sync_.audio_extra();
      const Duration video_before = sync_.video_extra();
      sync_.handle_audio({.captured = clock_.at(now_), .at = now_ + audio + audio_before});
      // Of another moment than the sound: only what is between capture and playing counts.
      sync_.handle_video(
          {.captured = clock_.at(now_ - 33ms), .at = now_ - 33ms + video + video_before});
      sync_.update(now_);
      longest = std::max({longest, std::chrono::abs(sync_.audio_extra() - audio_before),
                          std::chrono::abs(sync_.video_extra() - video_before)});
    }
    return longest;
  }

  rtp::NtpClock clock_{Instant{}, rtp::NtpTime::from_unix(1'700'000'000'000'000us)};
  Instant now_{100s};
  LipSync sync_;
};

TEST_F(LipSyncTest, SoundWaitsForAPictureThatIsLate) {
  run(20s, 60ms, 260ms);
  EXPECT_NEAR(millis(sync_.audio_extra()), 180, 1);
  EXPECT_EQ(sync_.video_extra(), 0ms);
  EXPECT_NEAR(millis(*sync_.difference()), millis(LipSync::kSoundEarly), 1);
}

TEST_F(LipSyncTest, APictureWaitsForSoundThatIsLate) {
  run(20s, 260ms, 60ms);
  EXPECT_NEAR(millis(sync_.video_extra()), 140, 1);
  EXPECT_EQ(sync_.audio_extra(), 0ms);
  EXPECT_NEAR(millis(*sync_.difference()), -millis(LipSync::kSoundLate), 1);
}

TEST_F(LipSyncTest, MovesSlowly) {
  EXPECT_LE(run(5s, 60ms, 460ms), 1600us);  // 80 ms a second, each 20 ms
  EXPECT_GT(sync_.audio_extra(), 250ms);
}

TEST_F(LipSyncTest, TakesBackWhatIsNotNeededAnyMore) {
  run(20s, 60ms, 260ms);
  run(30s, 60ms, 60ms);
  EXPECT_LE(sync_.audio_extra(), 1ms);
  EXPECT_EQ(sync_.video_extra(), 0ms);
  run(20s, 260ms, 60ms);
  run(30s, 100ms, 60ms);  // as much as nobody notices even of pictures that aren't held
  EXPECT_LE(sync_.video_extra(), 1ms);
  EXPECT_EQ(sync_.audio_extra(), 0ms);
}

TEST_F(LipSyncTest, HoldsWhatItHoldsWhileThatIsNeeded) {
  run(30s, 60ms, 260ms);
  EXPECT_LE(run(10s, 60ms, 265ms), 50us);  // each 20 ms
  EXPECT_LE(run(10s, 60ms, 258ms), 50us);
}

TEST_F(LipSyncTest, NobodyNoticesALittle) {
  run(10s, 60ms, 75ms);
  EXPECT_EQ(sync_.audio_extra(), 0ms);
  run(10s, 110ms, 60ms);
  EXPECT_EQ(sync_.video_extra(), 0ms);
}

TEST_F(LipSyncTest, IsBounded) {
  run(60s, 60ms, 3s);
  EXPECT_EQ(sync_.audio_extra(), LipSync::kMaxExtra);
}

TEST_F(LipSyncTest, DoesNotBelieveReportsOfAnotherClock) {
  run(20s, 60ms, 3600s);
  EXPECT_EQ(sync_.audio_extra(), 0ms);
  EXPECT_FALSE(sync_.difference());
}

}  // namespace
}  // namespace duet::media
