// SPDX-License-Identifier: MIT
// Sound of the real codecs from a sender's helpers through a path that loses packets to the buffer.
#include <duet/base/random.hpp>
#include <duet/codec/audio_codec.hpp>
#include <duet/media/audio_packetizer.hpp>
#include <duet/media/audio_redundancy.hpp>
#include <duet/media/audio_test_support.hpp>
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <numbers>

namespace duet::codec {
namespace {

using media::AudioBuffer;
using media::Codec;
using media::Sample;

struct Setup {
  Codec codec = Codec::Opus;
  bool red = true;
  bool dtx = false;
  double loss = 0;
  Duration jitter{};
};

/// One way of a call, in steps of 20 ms.
class Talk {
 public:
  Talk(std::uint64_t seed, const Setup& setup)
      : setup_{setup},
        random_{seed},
        packetizer_{{.payload_type = type(),
                     .red = setup.red ? std::optional{media::kRedPayload} : std::nullopt,
                     .clock_rate = clock_rate(setup.codec)},
                    rtp::Timestamp{12'345}},
        redundancy_{{.red = setup.red, .fec = setup.codec == Codec::Opus}} {
    encoder_ = std::move(*make_audio_encoder(setup.codec, settings_));
    buffer.set_decoder(type(), clock_rate(setup.codec),
                       std::move(*make_audio_decoder(setup.codec, 1)));
    redundancy_.set_round_trip(50ms);
  }

  /// @param source  gives one packet's samples
  template <class Source>
  void run(int packets, Source source) {
    for (int i = 0; i < packets; ++i) step(source);
  }

  AudioBuffer buffer{1};
  std::vector<Sample> heard;
  std::size_t bytes_sent = 0;
  std::size_t packets_sent = 0;

 private:
  struct OnTheWay {
    Instant arrives;
    std::int64_t sequence = 0;
    std::int64_t timestamp = 0;
    PayloadType type;
    std::vector<std::byte> payload;
  };

  PayloadType type() const {
    return setup_.codec == Codec::Opus ? PayloadType{111} : PayloadType{8};
  }

  template <class Source>
  void step(Source& source) {
    std::array<Sample, AudioEncoder::kPacketSamples> samples{};
    source(std::span<Sample>{samples});
    encoder_->encode(samples, packet_);
    if (const auto payload = packetizer_.handle_packet(packet_, 20ms)) send(*payload);
    if (++steps_ % 50 == 0) report();
    for (int half = 0; half < 2; ++half, now_ += 10ms) {
      while (!under_way_.empty() && under_way_.front().arrives <= now_) {
        const OnTheWay& it = under_way_.front();
        receiving_.give(it.arrives, {.sequence = it.sequence,
                                     .timestamp = it.timestamp,
                                     .payload = it.payload,
                                     .type = it.type});
        under_way_.pop_front();
      }
      std::array<Sample, media::kBlockSamples> block{};
      buffer.pull(now_, block);
      heard.insert(heard.end(), block.begin(), block.end());
    }
  }

  void send(const media::AudioPayload& payload) {
    ++packets_sent;
    bytes_sent += payload.payload.size();
    ++sent_;
    const std::int64_t sequence = sequence_++;
    if (static_cast<double>(random_.u64() % 1'000'000) < setup_.loss * 1e6) {
      ++lost_;
      return;
    }
    const auto jitter = static_cast<std::uint64_t>(setup_.jitter.count());
    Instant arrives = now_ + 25ms + Duration{jitter == 0 ? 0 : random_.u64() % jitter};
    if (!under_way_.empty()) arrives = std::max(arrives, under_way_.back().arrives);
    under_way_.push_back({arrives,
                          sequence,
                          payload.timestamp.value(),
                          payload.payload_type,
                          {payload.payload.begin(), payload.payload.end()}});
  }

  void report() {
    redundancy_.handle_loss(now_, sent_ == 0 ? 0 : static_cast<double>(lost_) / sent_);
    sent_ = lost_ = 0;
    packetizer_.set_redundancy(redundancy_.protection().redundant);
    settings_.expected_loss = redundancy_.protection().expected_loss;
    encoder_->configure(settings_);
  }

  Setup setup_;
  SeededRandom random_;
  AudioSettings settings_{.dtx = setup_.dtx};
  std::unique_ptr<AudioEncoder> encoder_;
  media::AudioPacketizer packetizer_;
  media::AudioRedundancy redundancy_;
  media::Receiving receiving_{buffer};
  std::deque<OnTheWay> under_way_;
  std::vector<std::byte> packet_;
  std::int64_t sequence_ = 65'000;
  Instant now_{10s};
  int steps_ = 0;
  int sent_ = 0;
  int lost_ = 0;
};

auto tone(double frequency) {
  return [generator = media::ToneGenerator{frequency}](std::span<Sample> samples) mutable {
    generator.generate(samples, 1);
  };
}

/// A buzz with the pitch of a voice, in breaths of two seconds with one of silence between.
class Voice {
 public:
  void operator()(std::span<Sample> samples) {
    for (Sample& sample : samples) {
      random_ = random_ * 1'664'525 + 1'013'904'223;
      const double noise = static_cast<double>(random_ >> 16) / 32768.0 - 1.0;
      const bool speaks = at_ % (3 * 48'000) < 2 * 48'000;
      const double drive = speaks ? (at_ % 400 < 8 ? 8.0 : 0.0) + 0.3 * noise : 0;
      filtered_ += 0.2 * (drive - filtered_);
      sample = static_cast<Sample>(static_cast<int>(filtered_ * 9'000));
      ++at_;
    }
  }

 private:
  std::uint32_t random_ = 7;
  double filtered_ = 0;
  std::int64_t at_ = 0;
};

double concealed_after(Talk& talk, const media::AudioBufferStats& before) {
  return static_cast<double>(talk.buffer.stats().concealed_samples - before.concealed_samples) /
         static_cast<double>(talk.buffer.stats().total_samples_received -
                             before.total_samples_received);
}

TEST(AudioCall, ACleanPathGivesTheToneAndNothingMadeUp) {
  for (const Codec codec : {Codec::Opus, Codec::Pcma}) {
    SCOPED_TRACE(media::name_of(codec));
    Talk talk{1, {.codec = codec, .jitter = 5ms}};
    talk.run(500, tone(440));
    EXPECT_LE(talk.buffer.stats().concealed_samples, 960u);
    const auto heard = media::measure_tone(std::span{talk.heard}.last(48'000), 1);
    EXPECT_NEAR(heard->frequency_hz, 440, 2.2);
    EXPECT_GT(heard->purity, 0.95);
    EXPECT_LE(talk.buffer.current_delay(), 45ms);
  }
}

TEST(AudioCall, AtTwentyPercentLossOnePercentIsMissing) {
  double concealed = 0;
  constexpr int kSeeds = 4;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Talk talk{seed, {.loss = 0.2, .jitter = 10ms}};
    auto source = tone(440);
    talk.run(250, std::ref(source));
    const media::AudioBufferStats before = talk.buffer.stats();
    talk.run(1'500, std::ref(source));
    concealed += concealed_after(talk, before) / kSeeds;
    const auto heard = media::measure_tone(std::span{talk.heard}.last(48'000), 1);
    EXPECT_NEAR(heard->frequency_hz, 440, 2.2);
    EXPECT_LE(talk.buffer.current_delay(), 130ms);
  }
  EXPECT_LE(concealed, 0.01);
}

TEST(AudioCall, InBandFecRepairsVoiceWhereThereIsNoRed) {
  Talk talk{1, {.red = false, .loss = 0.2}};
  Voice voice;
  talk.run(250, std::ref(voice));
  const media::AudioBufferStats before = talk.buffer.stats();
  talk.run(1'500, std::ref(voice));
  // A third of the time is silence, which Opus doesn't repeat: 20 %; of the rest, what was lost
  // twice.
  EXPECT_LE(concealed_after(talk, before), 0.2 / 3 + 0.04);
  EXPECT_GT(talk.buffer.stats().fec_samples, 100'000u);
}

TEST(AudioCall, SilenceTakesFewPacketsAndIsNoLoss) {
  Talk talk{1, {.dtx = true}};
  Voice voice;
  talk.run(1'500, std::ref(voice));
  EXPECT_LT(talk.packets_sent, 1'150u);
  EXPECT_LE(talk.buffer.stats().concealed_samples, 2'400u);
  EXPECT_LE(talk.buffer.current_delay(), talk.buffer.target_delay() + 20ms);
}

TEST(AudioCall, G711IsConcealedWithoutClicks) {
  Talk talk{1, {.codec = Codec::Pcma, .red = false, .loss = 0.05}};
  talk.run(500, tone(440));
  int largest = 0;
  for (std::size_t i = 48'001; i < talk.heard.size(); ++i) {
    largest = std::max(largest, std::abs(talk.heard[i] - talk.heard[i - 1]));
  }
  EXPECT_LE(largest, 0.25 * 32'767 * 2 * std::numbers::pi * 440 / 48'000 * 1.6 + 300);
  EXPECT_GT(talk.buffer.stats().concealment_events, 10u);
}

}  // namespace
}  // namespace duet::codec
