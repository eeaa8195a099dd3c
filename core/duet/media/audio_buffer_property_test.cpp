// SPDX-License-Identifier: MIT
// Whatever the path does, sound goes on: how much is made up, how late it is, and that nothing
// clicks or allocates.
#include <duet/media/allocation_count_test_support.hpp>
#include <duet/media/audio_test_support.hpp>
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace duet::media {
namespace {

constexpr double kFrequency = 440;
constexpr std::uint64_t kSeeds = 5;

struct Heard {
  double concealed = 0;
  Duration target{};         // mean
  double out_of_bounds = 0;  // of the blocks: delay more than 20 ms over the target
  double largest_step = 0;   // against the steepest of the tone
  double frequency_hz = 0;
};

/// What is heard in `span`, 3 s after the beginning.
Heard listen(std::uint64_t seed, const Weather& weather, Duration span = 15s) {
  AudioBuffer buffer = tone_buffer(kFrequency);
  AudioWorld world{seed, weather, buffer};
  world.run(3s);
  const AudioBufferStats before = buffer.stats();
  std::vector<Sample> sound;
  double over = 0;
  double blocks = 0;
  Heard heard;
  world.run(span, [&](std::span<const Sample> block) {
    sound.insert(sound.end(), block.begin(), block.end());
    ++blocks;
    heard.target += buffer.target_delay();
    if (buffer.current_delay() > buffer.target_delay() + 20ms) ++over;
  });
  heard.target /= static_cast<std::int64_t>(blocks);
  heard.out_of_bounds = over / blocks;
  heard.concealed =
      static_cast<double>(buffer.stats().concealed_samples - before.concealed_samples) /
      static_cast<double>(buffer.stats().total_samples_received - before.total_samples_received);
  for (std::size_t i = 1; i < sound.size(); ++i) {
    heard.largest_step = std::max(heard.largest_step, std::abs(double(sound[i]) - sound[i - 1]));
  }
  heard.largest_step /= ToneDecoder::steepest(kFrequency);
  heard.frequency_hz = measure_tone(std::span{sound}.last(48'000), 1)->frequency_hz;
  return heard;
}

struct Bound {
  const char* name;
  Weather weather;
  double concealed;  // at most, mean of the seeds
  Duration target;   // at most, mean
};

TEST(AudioBufferProperty, EveryPathKeepsItsBounds) {
  const std::vector<Bound> bounds{
      {"clean", {}, 0, 15ms},
      {"jitter of 10 ms", {.jitter = 10ms}, 0.005, 80ms},
      {"jitter of 30 ms", {.jitter = 30ms}, 0.015, 210ms},
      {"overtaking", {.jitter = 10ms, .in_order = false}, 0.005, 80ms},
      {"5 % loss", {.loss = 0.05}, 0.06, 20ms},
      {"20 % loss", {.loss = 0.2}, 0.22, 25ms},
      {"20 % loss, FEC", {.loss = 0.2, .fec = true}, 0.06, 50ms},
      {"20 % loss, one redundant", {.loss = 0.2, .red = 1}, 0.055, 50ms},
      {"20 % loss, two redundant", {.loss = 0.2, .red = 2}, 0.012, 65ms},
      {"20 % loss, one redundant, retransmission",
       {.loss = 0.2, .red = 1, .round_trip = 50ms},
       0.02,
       130ms},
      {"20 % loss, two redundant, retransmission",
       {.loss = 0.2, .red = 2, .round_trip = 50ms},
       0.01,
       90ms},
      {"5 % loss, retransmission", {.loss = 0.05, .round_trip = 50ms}, 0.008, 130ms},
      {"30 % loss, jitter, two redundant", {.loss = 0.3, .jitter = 10ms, .red = 2}, 0.035, 110ms},
      {"bursts", {.loss = 0.03, .burst = 0.5, .red = 2}, 0.03, 80ms},
      {"stalls of 100 ms", {.spike = 0.01, .spike_delay = 100ms}, 0.015, 120ms},
  };
  for (const Bound& bound : bounds) {
    double concealed = 0;
    Duration target{};
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      SCOPED_TRACE(std::string{bound.name} + ", seed " + std::to_string(seed));
      const Heard heard = listen(seed, bound.weather);
      concealed += heard.concealed / kSeeds;
      target += heard.target / static_cast<std::int64_t>(kSeeds);
      EXPECT_LE(heard.out_of_bounds, 0.1);
      // What is made up for a loss joins what came, with a slope that may be a little steeper.
      EXPECT_LE(heard.largest_step, 1.3);
      if (bound.weather.loss == 0) {
        EXPECT_NEAR(heard.frequency_hz, kFrequency, 0.005 * kFrequency);
      }
    }
    EXPECT_LE(concealed, bound.concealed) << bound.name;
    EXPECT_LE(target, bound.target) << bound.name;
  }
}

TEST(AudioBufferProperty, AClockThatDriftsIsFollowed) {
  for (const double ppm : {1000.0, -1000.0}) {
    SCOPED_TRACE(ppm);
    AudioBuffer buffer = tone_buffer();
    AudioWorld world{1, {.drift_ppm = ppm}, buffer};
    world.run(10s);
    const AudioBufferStats before = buffer.stats();
    world.run(600s, [&](std::span<const Sample>) {
      ASSERT_LE(buffer.current_delay(), buffer.target_delay() + 25ms);
    });
    const AudioBufferStats& after = buffer.stats();
    EXPECT_EQ(after.concealed_samples, before.concealed_samples);
    const double removed = static_cast<double>(after.removed_samples_for_acceleration) -
                           static_cast<double>(before.removed_samples_for_acceleration);
    const double inserted = static_cast<double>(after.inserted_samples_for_deceleration) -
                            static_cast<double>(before.inserted_samples_for_deceleration);
    EXPECT_NEAR(removed - inserted, 600 * 48'000 * ppm / 1e6, 1'500);
    EXPECT_LT(removed + inserted, 600 * 48'000 * 0.0015);
  }
}

TEST(AudioBufferProperty, AfterAnyWeatherComesCalm) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    AudioBuffer buffer = tone_buffer();
    AudioWorld world{seed,
                     {.loss = 0.3,
                      .burst = 0.8,
                      .jitter = 60ms,
                      .spike = 0.05,
                      .spike_delay = 700ms,
                      .in_order = false,
                      .round_trip = 300ms},
                     buffer};
    world.run(10s);
    world.set_weather({});
    world.run(60s);
    const auto concealed = buffer.stats().concealed_samples;
    world.run(10s);
    EXPECT_EQ(buffer.stats().concealed_samples, concealed);
    EXPECT_EQ(buffer.target_delay(), 15ms);
    EXPECT_LE(buffer.current_delay(), 35ms);
  }
}

TEST(AudioBufferProperty, AllocatesNothingOnceWarm) {
  AudioBuffer buffer = tone_buffer();
  Receiving receiving{buffer};
  SeededRandom random{1};
  std::vector<std::vector<std::byte>> packets;
  for (int i = 0; i < 4'000; ++i) packets.push_back(tone_packet(i * std::int64_t{kTonePacket}));
  std::vector<Sample> block(kBlockSamples);
  std::uint64_t before = 0;
  for (int i = 0; i < 4'000; ++i) {
    if (i == 1'000) before = allocation_count();
    const Instant now{1s + i * 20ms};
    if (random.u64() % 10 != 0) {
      receiving.give(now, {.sequence = i,
                           .timestamp = i * std::int64_t{kTonePacket},
                           .payload = packets[static_cast<std::size_t>(i)]});
    }
    buffer.set_minimum_delay(i % 400 < 200 ? 0ms : 150ms);
    buffer.pull(now + 5ms, block);
    buffer.pull(now + 15ms, block);
  }
  EXPECT_EQ(allocation_count() - before, 0u);
  EXPECT_GT(buffer.stats().inserted_samples_for_deceleration, 0u);
  EXPECT_GT(buffer.stats().removed_samples_for_acceleration, 0u);
  EXPECT_GT(buffer.stats().concealment_events, 100u);
}

}  // namespace
}  // namespace duet::media
