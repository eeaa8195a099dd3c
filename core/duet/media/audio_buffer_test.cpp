// SPDX-License-Identifier: MIT
// The rules of received sound, one by one.
#include <duet/media/audio_buffer.hpp>
#include <duet/media/audio_test_support.hpp>
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace duet::media {
namespace {

constexpr std::int64_t kPacket = kTonePacket;

/// Packets of 20 ms at their times, but for those that a test leaves out, and a block each 10 ms.
class Line {
 public:
  explicit Line(AudioBuffer& buffer) : buffer_{buffer}, receiving_{buffer} {}

  void send(std::int64_t number, std::uint8_t flags = kNoFlag, std::int64_t timestamp = -1) {
    if (timestamp < 0) timestamp = number * kPacket;
    receiving_.give(
        now_,
        {.sequence = number, .timestamp = timestamp, .payload = tone_packet(timestamp, flags)});
  }

  void pull(int blocks) {
    for (int i = 0; i < blocks; ++i, now_ += kBlock) {
      buffer_.pull(now_, block_);
      heard_.insert(heard_.end(), block_.begin(), block_.end());
    }
  }

  /// Packets [from, to) without those `missing`.
  void run(std::int64_t from, std::int64_t to, const std::set<std::int64_t>& missing = {},
           std::uint8_t flags = kNoFlag) {
    for (std::int64_t i = from; i < to; ++i) {
      if (!missing.contains(i)) send(i, flags);
      pull(2);
    }
  }

  std::span<const Sample> last(std::size_t samples) const {
    return std::span{heard_}.last(samples);
  }

  std::span<const Sample> heard() const { return heard_; }

  Receiving& receiving() { return receiving_; }

  Instant now() const { return now_; }

 private:
  AudioBuffer& buffer_;
  Receiving receiving_;
  Instant now_{10s};
  std::vector<Sample> block_ = std::vector<Sample>(kBlockSamples);
  std::vector<Sample> heard_;
};

double frequency(std::span<const Sample> sound) {
  const auto tone = measure_tone(sound, 1);
  return tone ? tone->frequency_hz : 0;
}

int largest_step(std::span<const Sample> sound) {
  int largest = 0;
  for (std::size_t i = 1; i < sound.size(); ++i) {
    largest = std::max(largest, std::abs(sound[i] - sound[i - 1]));
  }
  return largest;
}

TEST(AudioBuffer, BeforeAnythingCameThereIsSilenceThatCountsForNothing) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.pull(100);
  EXPECT_EQ(largest_step(line.heard()), 0);
  EXPECT_EQ(buffer.stats().total_samples_received, 0u);
  EXPECT_EQ(buffer.playing(), std::nullopt);
}

TEST(AudioBuffer, PlaysWhatWasSentAndNothingElse) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 200);
  EXPECT_EQ(buffer.stats().concealed_samples, 0u);
  EXPECT_EQ(buffer.stats().concealment_events, 0u);
  EXPECT_NEAR(frequency(line.last(4800)), 440, 0.2);
  EXPECT_LE(largest_step(line.last(48'000)), ToneDecoder::steepest(440) * 1.02);
  EXPECT_LE(buffer.current_delay(), 35ms);
  EXPECT_GE(buffer.current_delay(), 10ms);
  // What is being played is as old as the delay says.
  const double sent = static_cast<double>((line.now() - Instant{10s}) / 1us) / 1e6;
  const double age = sent - static_cast<double>(buffer.playing()->value()) / kSampleRate;
  EXPECT_NEAR(age, static_cast<double>(buffer.current_delay() / 1us) / 1e6, 0.012);
}

TEST(AudioBuffer, ALossIsOneEventAndAsLongAsThePacketWas) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 100, {50, 60, 61});
  EXPECT_EQ(buffer.stats().concealment_events, 2u);
  EXPECT_NEAR(static_cast<double>(buffer.stats().concealed_samples), 3 * 960, 480);
  EXPECT_EQ(buffer.stats().silent_concealed_samples, 0u);
  EXPECT_LE(largest_step(line.last(48'000)), ToneDecoder::steepest(440) * 1.1);
}

TEST(AudioBuffer, InBandFecRepairsTheLastPacketThatIsMissing) {  // RFC 6716 §2.1.7
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 100, {50, 60, 61}, kFecFlag);
  EXPECT_EQ(buffer.stats().fec_samples, 2 * kTonePacket);
  EXPECT_NEAR(static_cast<double>(buffer.stats().concealed_samples), 960, 480);
}

TEST(AudioBuffer, RedundantBlocksRepairAsManyAsTheyCarry) {  // RFC 2198 §3
  AudioBuffer buffer = tone_buffer();
  AudioWorld world{1, {.red = 2}, buffer};
  world.run(1s);
  EXPECT_EQ(buffer.stats().concealed_samples, 0u);
  AudioBuffer lossy = tone_buffer();
  AudioWorld other{5, {.loss = 0.1, .red = 2}, lossy};
  other.run(20s);
  EXPECT_LT(concealed(lossy.stats()), 0.004);
  EXPECT_GT(lossy.stats().redundant_packets_used, 60u);
}

TEST(AudioBuffer, ABadRedPacketIsDroppedAndCounted) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 20);
  const std::vector<std::byte> bad{std::byte{0xEF}, std::byte{0}};
  line.receiving().give(
      line.now(), {.sequence = 20, .timestamp = 20 * kPacket, .payload = bad, .type = kRedPayload});
  EXPECT_EQ(buffer.stats().packets_discarded, 1u);
}

TEST(AudioBuffer, AnnouncedSilenceIsNoLoss) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 50);
  line.send(50, kSilenceFlag);
  line.pull(40);  // 400 ms in which nothing comes
  EXPECT_EQ(buffer.stats().concealed_samples, 0u);
  line.send(51, kSilenceFlag, 70 * kPacket);
  line.pull(40);
  for (int i = 0; i < 30; ++i) {
    line.send(52 + i, kNoFlag, (90 + i) * kPacket);
    line.pull(2);
  }
  EXPECT_EQ(buffer.stats().concealed_samples, 0u);
  EXPECT_NEAR(frequency(line.last(9600)), 440, 0.5);
  EXPECT_LE(buffer.current_delay(), buffer.target_delay() + 20ms);
}

TEST(AudioBuffer, SilenceThatLastsTooLongIsALoss) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 50);
  line.send(50, kSilenceFlag);
  line.pull(300);
  EXPECT_GT(buffer.stats().concealed_samples, 80'000u);
  EXPECT_EQ(buffer.stats().concealment_events, 1u);
}

TEST(AudioBuffer, ATimestampThatJumpsWithoutALossIsAPause) {  // RFC 3551 §4.1
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 50);
  // The sender waits for half a second, and goes on with the next number.
  const auto heard_before = buffer.stats().concealed_samples;
  line.pull(50);
  for (int i = 0; i < 30; ++i) {
    line.send(50 + i, kNoFlag, (75 + i) * kPacket);
    line.pull(2);
  }
  // Until the next packet came, it might have been a loss.
  EXPECT_LE(buffer.stats().concealed_samples - heard_before, 24'000u);
  EXPECT_NEAR(frequency(line.last(9600)), 440, 0.5);
}

TEST(AudioBuffer, AfterALongLossThereIsSilence) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 50);
  line.pull(50);
  EXPECT_LT(largest_step(line.last(9600)), 600);
  EXPECT_GT(buffer.stats().silent_concealed_samples, 15'000u);
  line.run(75, 100);
  EXPECT_NEAR(frequency(line.last(9600)), 440, 0.5);
}

TEST(AudioBuffer, LatePacketsMakeTheDelayLonger) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 100);
  const Duration before = buffer.target_delay();
  for (int i = 0; i < 30; ++i) {
    line.pull(4);  // two at a time, one of them 20 ms late
    line.send(100 + 2 * i);
    line.send(101 + 2 * i);
  }
  EXPECT_GE(buffer.target_delay(), before + 20ms);
  EXPECT_GE(buffer.current_delay(), before + 15ms);
}

TEST(AudioBuffer, AMinimumDelayIsReachedByStretchingAndLeftAgain) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 50);
  buffer.set_minimum_delay(200ms);
  line.run(50, 200);
  EXPECT_GE(buffer.current_delay(), 195ms);
  EXPECT_LE(buffer.current_delay(), 220ms);
  EXPECT_NEAR(frequency(line.last(48'000)), 440, 2.2);
  EXPECT_LE(largest_step(line.last(96'000)), ToneDecoder::steepest(440) * 1.1);
  EXPECT_GT(buffer.stats().inserted_samples_for_deceleration, 7'000u);
  buffer.set_minimum_delay(0ms);
  line.run(200, 400);
  EXPECT_LE(buffer.current_delay(), 40ms);
  EXPECT_GT(buffer.stats().removed_samples_for_acceleration, 7'000u);
  EXPECT_EQ(buffer.stats().concealed_samples, 0u);
}

TEST(AudioBuffer, ARestartBeginsAnewAtOtherNumbers) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 50);
  line.receiving().give(line.now(), {.sequence = 40'000,
                                     .timestamp = 3'000'000'000,
                                     .payload = tone_packet(3'000'000'000),
                                     .restarted = true});
  line.pull(2);
  for (int i = 1; i < 30; ++i) {
    line.send(40'000 + i, kNoFlag, 3'000'000'000 + i * kPacket);
    line.pull(2);
  }
  EXPECT_NEAR(frequency(line.last(9600)), 440, 0.5);
  EXPECT_LT(buffer.stats().concealed_samples, 5'000u);
  EXPECT_LE(largest_step(line.last(48'000)), ToneDecoder::steepest(440) * 1.3);
}

TEST(AudioBuffer, ATimestampThatJumpsAnywhereIsFollowed) {
  for (const std::int64_t jump : {-400'000'000LL, -5'000LL, 96'000LL * 50, 400'000'000LL}) {
    SCOPED_TRACE(jump);
    AudioBuffer buffer = tone_buffer();
    Line line{buffer};
    const std::int64_t base = 500'000'000;
    for (int i = 0; i < 50; ++i) {
      line.send(i, kNoFlag, base + i * kPacket);
      line.pull(2);
    }
    for (int i = 50; i < 100; ++i) {
      line.send(i, kNoFlag, base + jump + i * kPacket);
      line.pull(2);
    }
    EXPECT_NEAR(frequency(line.last(9600)), 440, 0.5);
    EXPECT_LE(buffer.stats().concealed_samples, 6'000u);
    EXPECT_LE(buffer.current_delay(), 80ms);
  }
}

TEST(AudioBuffer, AnotherCodecMayComeAtAnyTime) {
  AudioBuffer buffer = tone_buffer(440);
  buffer.set_decoder(PayloadType{0}, 8'000, std::make_unique<ToneDecoder>(1000));
  buffer.set_decoder(PayloadType{112}, 48'000, std::make_unique<ToneDecoder>(700));
  Line line{buffer};
  line.run(0, 50);
  for (int i = 50; i < 80; ++i) {
    line.receiving().give(line.now(), {.sequence = i,
                                       .timestamp = i * kPacket,
                                       .payload = tone_packet(i * kPacket),
                                       .type = PayloadType{112}});
    line.pull(2);
  }
  EXPECT_EQ(buffer.stats().concealed_samples, 0u);
  EXPECT_NEAR(frequency(line.last(9600)), 700, 1);
  for (int i = 80; i < 110; ++i) {
    line.receiving().give(line.now(), {.sequence = i,
                                       .timestamp = i * 160,
                                       .payload = tone_packet(i * kPacket),
                                       .type = PayloadType{0}});
    line.pull(2);
  }
  EXPECT_NEAR(frequency(line.last(9600)), 1000, 1);
  EXPECT_LE(largest_step(line.heard()), ToneDecoder::steepest(1000) * 1.5);
}

TEST(AudioBuffer, WhatNobodyCanDecodeIsCounted) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 20);
  const std::vector<std::byte> rubbish(30);
  line.receiving().give(line.now(),
                        {.sequence = 20, .timestamp = 20 * kPacket, .payload = rubbish});
  line.receiving().give(
      line.now(),
      {.sequence = 21, .timestamp = 21 * kPacket, .payload = rubbish, .type = PayloadType{5}});
  EXPECT_EQ(buffer.stats().packets_discarded, 2u);
  // Padding is nothing at all.
  line.receiving().give(line.now(), {.sequence = 22, .timestamp = 22 * kPacket});
  EXPECT_EQ(buffer.stats().packets_discarded, 2u);
}

TEST(AudioBuffer, AQueueThatComesAtOnceIsSkipped) {
  AudioBuffer buffer = tone_buffer();
  Line line{buffer};
  line.run(0, 50);
  line.pull(200);
  for (int i = 50; i < 150; ++i) line.send(i);
  line.run(150, 200);
  EXPECT_LE(buffer.current_delay(), buffer.target_delay() + AudioBuffer::kMaxExcess);
  EXPECT_GT(buffer.stats().packets_discarded, 20u);
  EXPECT_NEAR(frequency(line.last(9600)), 440, 2.2);
}

TEST(AudioBuffer, WhoeverStopsPullingFindsTheNewestSound) {
  AudioBuffer quiet = tone_buffer();
  Receiving receiving{quiet};
  for (int i = 0; i < 5'000; ++i) {
    const std::int64_t position = i * kPacket;
    receiving.give(Instant{1s + i * 20ms},
                   {.sequence = i, .timestamp = position, .payload = tone_packet(position)});
  }
  std::vector<Sample> block(kBlockSamples);
  quiet.pull(Instant{101s}, block);
  quiet.pull(Instant{101s + 10ms}, block);
  EXPECT_GE(quiet.playing()->value(), (5'000 - 10) * kPacket);
}

TEST(AudioBuffer, StatisticsAddUp) {
  AudioBuffer buffer = tone_buffer();
  AudioWorld world{3, {.loss = 0.05, .jitter = 5ms}, buffer};
  world.run(20s);
  const AudioBufferStats& stats = buffer.stats();
  EXPECT_NEAR(stats.total_samples_duration, 20, 0.2);
  EXPECT_EQ(stats.total_samples_received % kBlockSamples, 0u);
  // A sine's RMS is its peak over the root of 2.
  EXPECT_NEAR(stats.audio_level, ToneDecoder::kPeak / 32'767 / std::sqrt(2), 0.03);
  EXPECT_NEAR(std::sqrt(stats.total_audio_energy / stats.total_samples_duration),
              ToneDecoder::kPeak / 32'767 / std::sqrt(2), 0.02);
  const auto emitted = static_cast<double>(stats.jitter_buffer_emitted_count);
  EXPECT_NEAR(emitted,
              static_cast<double>(stats.total_samples_received) -
                  static_cast<double>(stats.concealed_samples),
              48'000 * 0.3);
  EXPECT_NEAR(stats.jitter_buffer_delay / emitted, stats.jitter_buffer_target_delay / emitted,
              0.03);
  EXPECT_LE(stats.jitter_buffer_minimum_delay, stats.jitter_buffer_target_delay);
  EXPECT_LE(stats.silent_concealed_samples, stats.concealed_samples);
}

}  // namespace
}  // namespace duet::media
