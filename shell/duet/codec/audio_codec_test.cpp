// SPDX-License-Identifier: MIT
// Sound through each codec: what went in is heard again, and rubbish is told from packets.
#include <duet/codec/audio_codec.hpp>
#include <duet/codec/g711.hpp>
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>

namespace duet::codec {
namespace {

using media::Codec;
using media::Sample;

constexpr std::size_t kPacket = AudioEncoder::kPacketSamples;

using Packets = std::vector<std::vector<std::byte>>;

Packets encode(Codec codec, const AudioSettings& settings, std::span<const Sample> sound) {
  auto encoder = make_audio_encoder(codec, settings);
  Packets packets;
  const std::size_t size = kPacket * static_cast<std::size_t>(settings.channels);
  for (std::size_t i = 0; i + size <= sound.size(); i += size) {
    (*encoder)->encode(sound.subspan(i, size), packets.emplace_back());
  }
  return packets;
}

std::vector<Sample> decode(Codec codec, int channels, const Packets& packets) {
  auto decoder = make_audio_decoder(codec, channels);
  std::vector<Sample> sound;
  for (const auto& packet : packets) (*decoder)->decode(packet, sound);
  return sound;
}

std::vector<Sample> tone(double frequency, int channels, std::size_t packets = 50) {
  std::vector<Sample> sound(packets * kPacket * static_cast<std::size_t>(channels));
  media::ToneGenerator{frequency}.generate(sound, channels);
  return sound;
}

/// Something between speech and noise, with a voice's pitch, so that Opus spends bits on it.
std::vector<Sample> voice(std::size_t packets) {
  std::vector<Sample> sound(packets * kPacket);
  std::uint32_t random = 7;
  double filtered = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    random = random * 1'664'525 + 1'013'904'223;
    const double noise = static_cast<double>(random >> 16) / 32768.0 - 1.0;
    const double pulse = i % 400 < 8 ? 8.0 : 0.0;
    filtered += 0.2 * (pulse + 0.3 * noise - filtered);
    sound[i] = static_cast<Sample>(static_cast<int>(filtered * 9000));
  }
  return sound;
}

double power(std::span<const Sample> sound) {
  double sum = 0;
  for (const Sample sample : sound) sum += 1.0 * sample * sample;
  return sum / static_cast<double>(sound.size());
}

TEST(G711, IsWhatTheRecommendationsTablesSay) {  // ITU-T G.711 tables 1 and 2, in 16 bits
  EXPECT_EQ(from_ulaw(0xFF), 0);
  EXPECT_EQ(from_ulaw(0x80), 32'124);
  EXPECT_EQ(from_ulaw(0x00), -32'124);
  EXPECT_EQ(to_ulaw(0), 0xFF);
  EXPECT_EQ(to_ulaw(32'767), 0x80);
  EXPECT_EQ(to_ulaw(-32'768), 0x00);
  EXPECT_EQ(from_alaw(0xD5), 8);
  EXPECT_EQ(from_alaw(0x55), -8);
  EXPECT_EQ(from_alaw(0xAA), 32'256);
  EXPECT_EQ(from_alaw(0x2A), -32'256);
  EXPECT_EQ(to_alaw(32'767), 0xAA);
  EXPECT_EQ(to_alaw(-32'768), 0x2A);
}

TEST(G711, EachCodeIsTheNearestToWhatItDecodesTo) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    EXPECT_EQ(to_alaw(from_alaw(byte)), byte);
    if (code == 0x7F) continue;  // the negative zero
    EXPECT_EQ(to_ulaw(from_ulaw(byte)), byte);
  }
  for (int sample = -32'768; sample <= 32'767; ++sample) {
    const auto value = static_cast<Sample>(sample);
    const int step = std::max(16, std::abs(sample) / 16);
    EXPECT_LE(std::abs(from_alaw(to_alaw(value)) - sample), step);
    EXPECT_LE(std::abs(from_ulaw(to_ulaw(value)) - sample), std::max(step, 644));
  }
}

TEST(AudioCodec, EveryCodecCarriesATone) {
  for (const Codec codec : {Codec::Opus, Codec::Pcmu, Codec::Pcma}) {
    for (const int channels : {1, 2}) {
      SCOPED_TRACE(media::name_of(codec));
      const auto packets = encode(codec, {.channels = channels}, tone(440, channels));
      const auto sound = decode(codec, channels, packets);
      ASSERT_EQ(sound.size(), 50 * kPacket * static_cast<std::size_t>(channels));
      const auto heard = media::measure_tone(
          std::span{sound}.last(4800 * static_cast<std::size_t>(channels)), channels);
      ASSERT_TRUE(heard);
      EXPECT_NEAR(heard->frequency_hz, 440, 0.5);
      EXPECT_NEAR(heard->level, 0.25, 0.05);
      EXPECT_GT(heard->purity, 0.97);
    }
  }
}

TEST(AudioCodec, ChannelsAreAsTheReceiverWants) {
  for (const Codec codec : {Codec::Opus, Codec::Pcma}) {
    const auto mono = decode(codec, 1, encode(codec, {.channels = 2}, tone(600, 2)));
    EXPECT_EQ(mono.size(), 50 * kPacket);
    EXPECT_NEAR(media::measure_tone(std::span{mono}.last(4800), 1)->level, 0.25, 0.05);
    const auto stereo = decode(codec, 2, encode(codec, {.channels = 1}, tone(600, 1)));
    EXPECT_EQ(stereo.size(), 2 * 50 * kPacket);
    EXPECT_NEAR(media::measure_tone(std::span{stereo}.last(9600), 2, 1)->level, 0.25, 0.05);
  }
}

TEST(AudioCodec, StereoKeepsItsSidesApart) {
  std::vector<Sample> both = tone(500, 2);
  const auto right = tone(900, 1);
  for (std::size_t i = 0; i < right.size(); ++i) both[2 * i + 1] = right[i];
  const auto packets = encode(Codec::Opus, {.channels = 2, .rate_bps = 96'000}, both);
  const auto sound = decode(Codec::Opus, 2, packets);
  EXPECT_NEAR(media::measure_tone(std::span{sound}.last(9600), 2, 0)->frequency_hz, 500, 0.5);
  EXPECT_NEAR(media::measure_tone(std::span{sound}.last(9600), 2, 1)->frequency_hz, 900, 0.5);
}

TEST(AudioCodec, AG711PacketHasAByteForEachSampleOfEightKilohertz) {  // RFC 3551 §4.5.14
  for (const auto& packet : encode(Codec::Pcmu, {}, tone(440, 1))) EXPECT_EQ(packet.size(), 160u);
  auto decoder = make_audio_decoder(Codec::Pcmu, 1);
  EXPECT_EQ((*decoder)->duration(std::vector<std::byte>(160)), 20ms);
  EXPECT_EQ((*decoder)->duration(std::vector<std::byte>(961)), 0ms);
}

TEST(AudioCodec, OpusTellsOfTheLostPacketInTheNextOne) {  // RFC 6716 §2.1.7
  const auto sound = voice(50);
  const auto packets = encode(Codec::Opus, {.rate_bps = 32'000, .expected_loss = 0.2}, sound);
  auto decoder = make_audio_decoder(Codec::Opus, 1);
  std::vector<Sample> out;
  for (std::size_t i = 0; i < 30; ++i) (*decoder)->decode(packets[i], out);
  ASSERT_TRUE((*decoder)->carries_lost(packets[31]));
  const std::size_t before = out.size();
  EXPECT_EQ((*decoder)->decode_lost(packets[31], 20ms, out), kPacket);
  // It is the sound that was lost, not silence.
  EXPECT_GT(power(std::span{out}.subspan(before)), 0.3 * power(sound));
  EXPECT_EQ((*decoder)->decode_lost(packets[31], 21ms, out), 0u);
  EXPECT_EQ(out.size(), before + kPacket);
}

TEST(AudioCodec, WithoutExpectedLossOpusTellsNothingOfThePacketBefore) {
  const auto packets = encode(Codec::Opus, {}, voice(50));
  auto decoder = make_audio_decoder(Codec::Opus, 1);
  std::vector<Sample> out;
  for (const auto& packet : packets) EXPECT_FALSE((*decoder)->carries_lost(packet));
  EXPECT_EQ((*decoder)->decode_lost(packets[31], 20ms, out), 0u);
  EXPECT_TRUE(out.empty());
}

TEST(AudioCodec, OpusSaysLittleOfSilenceWhereItMay) {  // RFC 6716 §2.1.9
  auto sound = voice(50);
  sound.resize(200 * kPacket);  // silence follows
  const auto packets = encode(Codec::Opus, {.dtx = true}, sound);
  auto decoder = make_audio_decoder(Codec::Opus, 1);
  int sent = 0;
  int announced = 0;
  for (std::size_t i = 100; i < packets.size(); ++i) {
    sent += packets[i].empty() ? 0 : 1;
    announced += (*decoder)->begins_silence(packets[i]) ? 1 : 0;
  }
  EXPECT_LT(sent, 20);
  EXPECT_GT(announced, 0);
  for (const auto& packet : encode(Codec::Opus, {.dtx = false}, sound))
    EXPECT_FALSE(packet.empty());
}

TEST(AudioCodec, TheRateIsFollowed) {
  auto encoder = make_audio_encoder(Codec::Opus, {.rate_bps = 16'000});
  const auto sound = voice(100);
  std::vector<std::byte> packet;
  std::size_t low = 0;
  std::size_t high = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    if (i == 50) (*encoder)->configure({.rate_bps = 64'000});
    (*encoder)->encode(std::span{sound}.subspan(i * kPacket, kPacket), packet);
    (i < 50 ? low : high) += packet.size();
  }
  EXPECT_NEAR(static_cast<double>(low), 16'000 / 8, 600);
  EXPECT_NEAR(static_cast<double>(high), 64'000 / 8, 2'500);
}

TEST(AudioCodec, RubbishMakesNoSound) {
  std::vector<Sample> out;
  for (const Codec codec : {Codec::Opus, Codec::Pcmu}) {
    auto decoder = make_audio_decoder(codec, 2);
    EXPECT_EQ((*decoder)->decode({}, out), 0u);
    EXPECT_EQ((*decoder)->duration({}), 0ms);
    EXPECT_EQ((*decoder)->decode(std::vector<std::byte>(2000), out), 0u);
  }
  // RFC 6716 §3.2.5: a packet of code 3 with more than 120 ms.
  auto decoder = make_audio_decoder(Codec::Opus, 1);
  const std::vector<std::byte> long_one{std::byte{0x0B}, std::byte{0x3F}};
  EXPECT_EQ((*decoder)->duration(long_one), 0ms);
  EXPECT_EQ((*decoder)->decode(long_one, out), 0u);
  EXPECT_TRUE(out.empty());
}

TEST(AudioCodec, ThereIsNoneForPicturesNorForFiveChannels) {
  EXPECT_FALSE(make_audio_encoder(Codec::Vp8, {}).has_value());
  EXPECT_FALSE(make_audio_decoder(Codec::Av1, 1).has_value());
  EXPECT_FALSE(make_audio_encoder(Codec::Opus, {.channels = 5}).has_value());
  EXPECT_FALSE(make_audio_decoder(Codec::Opus, 0).has_value());
}

}  // namespace
}  // namespace duet::codec
