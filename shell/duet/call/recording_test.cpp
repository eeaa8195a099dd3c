// SPDX-License-Identifier: MIT
// What a recorder is given of sound that comes late, twice, never, or after a hold.
#include <duet/call/recording.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace duet::call {
namespace {

using ::testing::ElementsAre;

/// Keeps what it gets.
struct Notes : device::Recorder {
  struct Note {
    std::uint32_t timestamp;
    Duration at;
  };

  void write(media::EncodedFrame frame, Duration at) override {
    (media::is_video(frame.codec) ? pictures : sound).push_back({frame.timestamp.value(), at});
  }

  void close() override {}

  bool needs_key_frame() const override { return false; }

  std::optional<device::RecordingError> error() const override { return {}; }

  std::vector<std::filesystem::path> files() const override { return {}; }

  std::uint64_t dropped() const override { return 0; }

  /// Numbers of packets of 20 ms.
  std::vector<int> numbers() const {
    std::vector<int> out;
    for (const Note& note : sound) out.push_back(static_cast<int>(note.timestamp / 960));
    return out;
  }

  std::vector<Note> sound;
  std::vector<Note> pictures;
};

double millis(Duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

struct RecordingTest : testing::Test {
  /// @param number  of a packet of 20 ms; its sequence number, too
  void hear(int number, Duration at, bool restarted = false) {
    const std::byte bytes[]{std::byte{1}};
    recording.write_sound({.codec = media::Codec::Opus,
                           .sequence = number,
                           .timestamp = std::int64_t{number} * 960,
                           .restarted = restarted,
                           .bytes = bytes},
                          {.ssrc = Ssrc{1},
                           .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(number * 960)},
                           .clock_rate = 48'000,
                           .arrived = Instant{10s} + at,
                           .captured = {}});
  }

  void hear_all(int first, int end, Duration late = 0ms) {
    for (int number = first; number < end; ++number) hear(number, number * 20ms + late);
  }

  Notes notes;
  Recording recording{notes};
};

TEST_F(RecordingTest, PutsSoundIntoOrderAndTakesEachPacketOnce) {
  hear(0, 0ms);
  hear(2, 40ms);
  hear(3, 60ms);
  EXPECT_THAT(notes.numbers(), ElementsAre(0)) << "what is missing may still come";
  hear(1, 70ms);
  hear(1, 71ms);
  hear(3, 72ms);
  EXPECT_THAT(notes.numbers(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(notes.sound.back().at, 60ms);
}

TEST_F(RecordingTest, LeavesAGapWhereAPacketNeverComes) {
  hear(0, 0ms);
  for (int number = 2; number < 30; ++number) hear(number, number * 20ms);
  EXPECT_EQ(notes.numbers()[1], 2);
  EXPECT_EQ(notes.sound[1].at, 40ms);
  hear(1, 600ms);
  EXPECT_THAT(notes.numbers(), testing::Not(testing::Contains(1))) << "too late";
}

TEST_F(RecordingTest, KeepsTheGapOfAHoldInWhichTheSendersCountRanOn) {
  hear_all(0, 100);
  hear_all(350, 400);  // 5 s later
  EXPECT_EQ(notes.sound[100].timestamp, 350u * 960);
  EXPECT_NEAR(millis(notes.sound[100].at), 7'000, 1);
}

TEST_F(RecordingTest, MakesTheGapOfAHoldInWhichTheSendersCountStoodStill) {
  hear_all(0, 100);
  hear_all(100, 150, 5s);
  ASSERT_GT(notes.sound.size(), 110u);
  EXPECT_NEAR(millis(notes.sound[100].at), 7'000, 1);
  EXPECT_NEAR(millis(notes.sound[101].at - notes.sound[100].at), 20, 0.1);
}

TEST_F(RecordingTest, MakesNoGapWhereThePathHeldSoundUp) {
  hear_all(0, 100);
  for (int number = 100; number < 200; ++number) hear(number, 4s);  // all at once
  hear_all(200, 250);
  ASSERT_EQ(notes.sound.size(), 250u);
  EXPECT_NEAR(millis(notes.sound[100].at), 2'000, 1);
  EXPECT_NEAR(millis(notes.sound[249].at), 249 * 20, 1);
}

TEST_F(RecordingTest, GoesOnWhereASenderBeginsItsCountAnew) {
  hear_all(0, 100);
  for (int number = 0; number < 50; ++number) hear(number, 2s + number * 20ms, number == 0);
  ASSERT_EQ(notes.sound.size(), 150u);
  EXPECT_NEAR(millis(notes.sound[100].at), 2'000, 1);
  EXPECT_NEAR(millis(notes.sound[149].at), 2'980, 1);
}

TEST_F(RecordingTest, WritesWhatWaitsAtTheEnd) {
  hear(0, 0ms);
  hear(2, 40ms);
  recording.flush();
  EXPECT_THAT(notes.numbers(), ElementsAre(0, 2));
}

TEST_F(RecordingTest, BringsPicturesToTheSound) {
  const rtp::NtpClock clock{Instant{}, rtp::NtpTime::from_unix(1'700'000'000'000'000us)};
  const std::byte bytes[]{std::byte{1}};
  for (int i = 0; i < 300; ++i) {
    const Instant captured{10s + i * 20ms};
    recording.write_sound({.sequence = i, .timestamp = i * 960, .bytes = bytes},
                          {.ssrc = Ssrc{1},
                           .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(i * 960)},
                           .clock_rate = 48'000,
                           .arrived = captured + 30ms,
                           .captured = clock.at(captured)});
    recording.write_picture({.codec = media::Codec::Vp8, .timestamp = {}, .bytes = {}},
                            {.ssrc = Ssrc{2},
                             .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(i * 1800)},
                             .clock_rate = 90'000,
                             .arrived = captured + 150ms,
                             .captured = clock.at(captured)});
  }
  EXPECT_NEAR(millis(notes.pictures.back().at - notes.sound.back().at), 0, 1);
}

}  // namespace
}  // namespace duet::call
