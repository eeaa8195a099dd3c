// SPDX-License-Identifier: MIT
// The delay that sound should have, and the packets that have it.
#include <duet/media/audio_delay.hpp>
#include <duet/media/audio_packets.hpp>

#include <gtest/gtest.h>

namespace duet::media {
namespace {

using Way = AudioDelay::Way;

/// Packets of 20 ms; `late` of each.
template <class Late>
void arrive(AudioDelay& delay, int from, int to, Late late) {
  for (int i = from; i < to; ++i) {
    delay.handle_arrival(Instant{1s + i * 20ms + late(i)}, i * 20ms, Way::Direct, true);
  }
}

TEST(AudioDelay, IsShortOnAnEvenPath) {
  AudioDelay delay;
  EXPECT_EQ(delay.target(), AudioDelay::kFirstTarget);
  arrive(delay, 0, 200, [](int) { return 70ms; });
  EXPECT_EQ(delay.target(), 15ms);
}

TEST(AudioDelay, CoversWhatComesOftenAndNotWhatComesOnce) {
  AudioDelay delay;
  arrive(delay, 0, 1000, [](int i) { return i % 10 == 0 ? 50ms : 0ms; });
  EXPECT_GE(delay.target(), 60ms);
  EXPECT_LE(delay.target(), 65ms);
  AudioDelay calm;
  arrive(calm, 0, 1000, [](int i) { return i % 400 == 0 ? 300ms : 0ms; });
  EXPECT_EQ(calm.target(), 15ms);
}

TEST(AudioDelay, RisesWithinASecondAndFallsSlowly) {
  AudioDelay delay;
  const auto shaky = [](int i) { return i % 2 == 0 ? 80ms : 0ms; };
  arrive(delay, 0, 500, [](int) { return 0ms; });
  arrive(delay, 500, 550, shaky);
  EXPECT_GE(delay.target(), 90ms);
  const Duration before = delay.target();
  arrive(delay, 550, 600, [](int) { return 0ms; });
  EXPECT_GE(delay.target(), before - 20ms);
  arrive(delay, 600, 2500, [](int) { return 0ms; });
  EXPECT_EQ(delay.target(), 15ms);
}

TEST(AudioDelay, WaitsForRepairsThatAreWorthIt) {
  AudioDelay delay;
  for (int i = 0; i < 500; ++i) {
    const bool lost = i % 5 == 0;
    delay.handle_arrival(Instant{1s + i * 20ms + (lost ? 75ms : 0ms)}, i * 20ms,
                         lost ? Way::Repaired : Way::Direct, true);
  }
  EXPECT_GE(delay.target(), 85ms);
  EXPECT_LE(delay.target(), 90ms);
  // One in a hundred 600 ms later is not worth half a second for all.
  AudioDelay far;
  for (int i = 0; i < 2000; ++i) {
    const bool lost = i % 100 == 0;
    far.handle_arrival(Instant{1s + i * 20ms + (lost ? 600ms : 0ms)}, i * 20ms,
                       lost ? Way::Repaired : Way::Direct, true);
  }
  EXPECT_EQ(far.target(), 15ms);
}

TEST(AudioDelay, LatenessIsAgainstTheFastestOfTwoSeconds) {
  AudioDelay delay;
  EXPECT_EQ(delay.lateness(Instant{5s}, 1s), 0ms);
  arrive(delay, 0, 100, [](int) { return 30ms; });
  EXPECT_EQ(delay.lateness(Instant{1s + 100 * 20ms + 30ms}, 100 * 20ms), 0ms);
  EXPECT_EQ(delay.lateness(Instant{1s + 100 * 20ms + 70ms}, 100 * 20ms), 40ms);
  EXPECT_EQ(delay.lateness(Instant{1s + 100 * 20ms + 20ms}, 100 * 20ms), -10ms);
  // The path is 100 ms longer from now on.
  arrive(delay, 100, 250, [](int) { return 130ms; });
  EXPECT_EQ(delay.lateness(Instant{1s + 250 * 20ms + 130ms}, 250 * 20ms), 0ms);
}

TEST(AudioDelay, RepairsDontSayHowFastThePathIs) {
  AudioDelay delay;
  delay.handle_arrival(Instant{2s}, 1s, Way::Repaired, true);
  EXPECT_EQ(delay.lateness(Instant{9s}, 1s), 0ms);
  arrive(delay, 0, 10, [](int) { return 0ms; });
  delay.handle_arrival(Instant{1s}, 5s, Way::Repaired, false);
  EXPECT_EQ(delay.lateness(Instant{1s + 200ms}, 200ms), 0ms);
}

AudioPacket at(std::int64_t position) { return {.position = position, .samples = 960}; }

TEST(AudioPackets, WaitInTheOrderOfTheirSound) {
  AudioPackets packets;
  for (const int i : {3, 1, 2, 0, 4}) EXPECT_TRUE(packets.insert(at(i * 960), {}));
  EXPECT_FALSE(packets.insert(at(2 * 960), {}));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(packets.front().position, i * 960);
    packets.pop_front();
  }
  EXPECT_TRUE(packets.empty());
}

TEST(AudioPackets, AreTwoSecondsAtMost) {
  AudioPackets packets;
  for (int i = 0; i < 150; ++i) packets.insert(at(i * 960), {});
  EXPECT_EQ(packets.size(), 101u);
  EXPECT_EQ(packets.front().position, 49 * 960);
  EXPECT_EQ(packets.dropped(), 49u);
  EXPECT_FALSE(packets.insert(at(0), {}));
  for (int i = 0; i < 1000; ++i) packets.insert(at(149 * 960 + i), {});
  EXPECT_EQ(packets.size(), AudioPackets::kMaxPackets);
  EXPECT_TRUE(packets.insert(at(1 << 30), {}));
  EXPECT_EQ(packets.size(), 1u);
}

TEST(AudioPackets, ARedundantOneLearnsItsNumberFromThePrimary) {
  AudioPackets packets;
  packets.insert(at(0), {});
  AudioPacket primary = at(0);
  primary.sequence = 7;
  EXPECT_FALSE(packets.insert(primary, {}));
  EXPECT_EQ(packets.front().sequence, 7);
}

}  // namespace
}  // namespace duet::media
