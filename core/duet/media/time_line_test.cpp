// SPDX-License-Identifier: MIT
// Tests of the line of time on which a recording's sound and pictures stand.
#include <duet/media/time_line.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace duet::media {
namespace {

constexpr Ssrc kSound{1};
constexpr Ssrc kPictures{2};

double millis(Duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

/// A sender that captures both at once, and a path that takes so long for each.
struct TimeLineTest : testing::Test {
  Duration sound_delay = 40ms;
  Duration picture_delay = 190ms;
  Duration sound_reported = 2500ms;  // since the sender began, as browsers do
  Duration pictures_reported = 500ms;
  double sound_clock = 1;  // its speed against the sender's other clocks

  rtp::NtpClock clock{Instant{}, rtp::NtpTime::from_unix(1'700'000'000'000'000us)};
  Instant begin{100s};
  TimeLine line;
  Duration last_sound{-1};
  Duration last_picture{-1};

  Moment sound(Duration at) const {
    const auto ticks =
        std::llround(std::chrono::duration<double>(at).count() * 48'000 * sound_clock);
    Moment moment{.ssrc = kSound,
                  .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(ticks)},
                  .clock_rate = 48'000,
                  .arrived = begin + at + sound_delay,
                  .captured = {}};
    if (at >= sound_reported) moment.captured = clock.at(begin + at);
    return moment;
  }

  Moment picture(Duration at) const {
    Moment moment{.ssrc = kPictures,
                  .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(at.count() * 9 / 100)},
                  .clock_rate = 90'000,
                  .arrived = begin + at + picture_delay,
                  .captured = {}};
    if (at >= pictures_reported) moment.captured = clock.at(begin + at);
    return moment;
  }

  /// Both streams of [from, to), 20 ms each.
  /// @return how much later the last picture stands than the sound that was captured with it
  Duration run(Duration from, Duration to) {
    for (Duration at = from; at < to; at += 20ms) {
      last_sound = line.place_sound(sound(at));
      last_picture = line.place_picture(picture(at));
    }
    return last_picture - last_sound;
  }
};

TEST_F(TimeLineTest, StandsAsItCameUntilBothStreamsWereReported) {
  EXPECT_EQ(run(0s, 20ms), picture_delay - sound_delay);
  EXPECT_NEAR(millis(run(20ms, 2500ms)), 150, 0.1);
}

TEST_F(TimeLineTest, BringsPicturesToTheSoundThatWasCapturedWithThem) {
  run(0s, 2500ms);
  Duration before = last_picture;
  Duration shortest = 1s;
  Duration sound_before = last_sound;
  for (Duration at = 2500ms; at < 6s; at += 20ms) {
    run(at, at + 20ms);
    shortest = std::min(shortest, last_picture - before);
    before = last_picture;
    EXPECT_NEAR(millis(last_sound - sound_before), 20, 0.01) << "sound plays without a seam";
    sound_before = last_sound;
  }
  EXPECT_NEAR(millis(last_picture - last_sound), 0, 1);
  EXPECT_GE(millis(shortest), 17) << "at most an eighth faster";
}

TEST_F(TimeLineTest, FollowsSoundWhoseClockRunsFaster) {
  sound_clock = 1.0002;
  run(0s, 60s);
  EXPECT_NEAR(millis(run(60s, 600s)), 0, 2);
  EXPECT_NEAR(millis(last_sound), 600'000 * 1.0002, 21) << "as its sender counted";
}

TEST_F(TimeLineTest, KeepsAGapInWhatComes) {
  run(0s, 6s);
  const Duration before = last_sound;
  run(9s, 9s + 20ms);  // nothing came for 3 s
  EXPECT_NEAR(millis(last_sound - before), 3020, 1);
  EXPECT_NEAR(millis(last_picture - last_sound), 0, 2);
}

TEST_F(TimeLineTest, PutsPicturesOfANewStreamWhereTheyBelongAtOnce) {
  run(0s, 6s);
  Moment first = picture(6s);
  first.ssrc = Ssrc{7};
  first.timestamp = rtp::Timestamp{5};
  const Duration at = line.place_picture(first);
  EXPECT_NEAR(millis(at - line.place_sound(sound(6s))), 0, 2);
}

TEST_F(TimeLineTest, PutsAStreamOfAnotherRateOfTimestampsWhereItCame) {
  run(0s, 6s);
  Moment other = sound(6s);
  other.clock_rate = 8'000;
  const Duration before = last_sound;
  EXPECT_NEAR(millis(line.place_sound(other) - before), 20, 1);
  other.timestamp = other.timestamp + 160;
  other.arrived += 20ms;
  EXPECT_NEAR(millis(line.place_sound(other) - before), 40, 1);
}

TEST_F(TimeLineTest, DoesNotFollowAClockThatJumps) {
  run(0s, 6s);
  const Duration before = last_sound;
  for (const std::int64_t jump : {48'000 * 3600, -48'000 * 3600}) {
    Moment other = sound(6s);
    other.timestamp = other.timestamp + jump;
    const Duration at = line.place_sound(other);
    EXPECT_GT(at, before);
    EXPECT_LT(millis(at - before), 100);
  }
}

TEST_F(TimeLineTest, DoesNotBelieveReportsThatPullApartByMoreThanACallHas) {
  run(0s, 6s);
  Moment liar = picture(6s);
  liar.captured = *liar.captured + 60s;
  EXPECT_NEAR(millis(line.place_picture(liar) - last_picture), 20, 3);
}

TEST_F(TimeLineTest, HasPlacesThatOnlyGrow) {
  run(0s, 6s);
  Duration before = last_picture;
  for (int i = 0; i < 3; ++i) {
    const Duration at = line.place_picture(picture(6s));
    EXPECT_GT(at, before);
    before = at;
  }
}

TEST_F(TimeLineTest, TellsSoundThatIsLateAndShiftsIt) {
  run(0s, 6s);
  // On hold for 3 s, in which nothing was counted.
  Moment next = sound(6s);
  next.arrived += 3s;
  EXPECT_NEAR(millis(line.lateness_of_sound(next)), 3000, 1);
  line.shift_sound(next.arrived, line.lateness_of_sound(next));
  const Duration before = last_sound;
  EXPECT_NEAR(millis(line.place_sound(next) - before), 3020, 1);
  // What old reports say of it leads pictures nowhere.
  Moment late = picture(9s);
  EXPECT_NEAR(millis(line.place_picture(late) - last_picture), 3020, 5);
}

}  // namespace
}  // namespace duet::media
