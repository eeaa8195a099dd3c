// SPDX-License-Identifier: MIT
// For tests of received sound: a codec whose packets say which part of a tone they are, and a path
// that loses, delays and repeats.
#pragma once

#include <duet/base/random.hpp>
#include <duet/media/audio_buffer.hpp>
#include <duet/rtp/packet_writer.hpp>
#include <duet/rtp/red.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <numbers>
#include <optional>
#include <vector>

namespace duet::media {

inline constexpr PayloadType kTonePayload{111};
inline constexpr PayloadType kRedPayload{63};
inline constexpr std::size_t kTonePacket = 960;

/// A packet is its position (8 bytes), its samples (2 bytes) and what it says beside that.
enum ToneFlag : std::uint8_t { kNoFlag = 0, kFecFlag = 1, kSilenceFlag = 2 };

inline std::vector<std::byte> tone_packet(std::int64_t position, std::uint8_t flags = kNoFlag,
                                          std::size_t samples = kTonePacket) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 8; ++i) {
    bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(position) >> (8 * i)));
  }
  bytes.push_back(static_cast<std::byte>(samples));
  bytes.push_back(static_cast<std::byte>(samples >> 8));
  bytes.push_back(static_cast<std::byte>(flags));
  return bytes;
}

class ToneDecoder final : public AudioDecoder {
 public:
  static constexpr double kPeak = 8'000;

  /// No two samples of it are further apart.
  static double steepest(double frequency_hz) {
    return kPeak * 2 * std::numbers::pi * frequency_hz / kSampleRate + 1;
  }

  explicit ToneDecoder(double frequency_hz, int channels = 1)
      : frequency_hz_{frequency_hz}, channels_{channels} {}

  int channels() const override { return channels_; }

  Duration duration(std::span<const std::byte> packet) const override {
    return samples_of(packet) * Duration{1'000'000} / kSampleRate;
  }

  bool carries_lost(std::span<const std::byte> packet) const override {
    return packet.size() == 11 && (std::to_integer<int>(packet[10]) & kFecFlag) != 0;
  }

  bool begins_silence(std::span<const std::byte> packet) const override {
    return packet.size() == 11 && (std::to_integer<int>(packet[10]) & kSilenceFlag) != 0;
  }

  std::size_t decode(std::span<const std::byte> packet, std::vector<Sample>& out) override {
    return append(position_of(packet), samples_of(packet), out);
  }

  std::size_t decode_lost(std::span<const std::byte> next, Duration lost,
                          std::vector<Sample>& out) override {
    if (!carries_lost(next)) return 0;
    const auto samples = static_cast<std::size_t>(lost.count() * 48 / 1000);
    return append(position_of(next) - static_cast<std::int64_t>(samples), samples, out);
  }

  std::size_t conceal(std::size_t, std::vector<Sample>&) override { return 0; }

 private:
  static std::size_t samples_of(std::span<const std::byte> packet) {
    if (packet.size() != 11) return 0;
    return std::to_integer<std::size_t>(packet[8]) | std::to_integer<std::size_t>(packet[9]) << 8;
  }

  static std::int64_t position_of(std::span<const std::byte> packet) {
    std::uint64_t position = 0;
    for (std::size_t i = 0; i < 8 && i < packet.size(); ++i) {
      position |= std::to_integer<std::uint64_t>(packet[i]) << (8 * i);
    }
    return static_cast<std::int64_t>(position);
  }

  std::size_t append(std::int64_t position, std::size_t samples, std::vector<Sample>& out) const {
    for (std::size_t i = 0; i < samples; ++i) {
      const double turns = std::fmod(static_cast<double>(position + static_cast<std::int64_t>(i)) *
                                         frequency_hz_ / kSampleRate,
                                     1.0);
      const double value = kPeak * std::sin(2 * std::numbers::pi * turns);
      out.insert(out.end(), static_cast<std::size_t>(channels_),
                 static_cast<Sample>(std::lround(value)));
    }
    return samples;
  }

  double frequency_hz_;
  int channels_;
};

inline AudioBuffer tone_buffer(double frequency_hz = 440, int channels = 1) {
  AudioBuffer buffer{channels};
  buffer.set_decoder(kTonePayload, kSampleRate,
                     std::make_unique<ToneDecoder>(frequency_hz, channels));
  return buffer;
}

/// Gives the buffer what RtpReceiver would.
class Receiving {
 public:
  explicit Receiving(AudioBuffer& buffer) : buffer_{buffer} {}

  struct Given {
    std::int64_t sequence = 0;
    std::int64_t timestamp = 0;
    std::span<const std::byte> payload = {};
    PayloadType type = kTonePayload;
    bool recovered = false;
    bool restarted = false;
  };

  void give(Instant now, const Given& given) {
    rtp::PacketWriter writer{
        memory_,
        {.payload_type = given.type,
         .sequence = rtp::SequenceNumber{static_cast<std::uint16_t>(given.sequence)},
         .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(given.timestamp)},
         .ssrc = Ssrc{1}},
        0};
    std::ranges::copy(given.payload, writer.payload(given.payload.size()).begin());
    const auto packet = rtp::Packet::parse(writer.finish());
    buffer_.handle_packet(now, {.packet = *packet,
                                .role = given.type == kRedPayload ? rtp::Payload::Role::Red
                                                                  : rtp::Payload::Role::Media,
                                .sequence = given.sequence,
                                .timestamp = given.timestamp,
                                .recovered = given.recovered,
                                .restarted = given.restarted});
  }

 private:
  AudioBuffer& buffer_;
  std::array<std::byte, 1500> memory_{};
};

/// What the path and the sender do.
struct Weather {
  double loss = 0;    // of packets, each by itself
  double burst = 0;   // that one more is lost after a lost one
  Duration jitter{};  // the mean of an exponential delay
  double spike = 0;   // that from a packet on all wait for spike_delay
  Duration spike_delay{};
  double drift_ppm = 0;  // of the sender's clock
  bool in_order = true;  // jitter delays, and never overtakes
  std::size_t red = 0;   // older packets in each
  bool fec = false;
  std::optional<Duration> round_trip;  // of NACK and retransmission, if there is any
};

/// A sender, a path and a buffer that is asked every 10 ms.
class AudioWorld {
 public:
  AudioWorld(std::uint64_t seed, const Weather& weather, AudioBuffer& buffer)
      : random_{seed}, weather_{weather}, buffer_{buffer}, receiving_{buffer} {
    sound_.resize(kBlockSamples * static_cast<std::size_t>(buffer.channels()));
  }

  /// Each block that was pulled goes to `heard`.
  template <class Heard>
  void run(Duration span, Heard heard) {
    for (const Instant end = now_ + span; now_ < end; now_ += kBlock) {
      while (sent_at() <= now_) send();
      while (!under_way_.empty() && under_way_.begin()->first <= now_) {
        auto first = under_way_.extract(under_way_.begin());
        const OnTheWay& it = first.mapped();
        receiving_.give(first.key(), {.sequence = it.sequence,
                                      .timestamp = it.sequence * std::int64_t{kTonePacket},
                                      .payload = it.payload,
                                      .type = weather_.red > 0 ? kRedPayload : kTonePayload,
                                      .recovered = it.recovered});
      }
      buffer_.pull(now_, sound_);
      heard(std::span<const Sample>{sound_});
    }
  }

  void run(Duration span) {
    run(span, [](std::span<const Sample>) {});
  }

  void set_weather(const Weather& weather) { weather_ = weather; }

  Instant now() const { return now_; }

  std::uint64_t sent() const { return static_cast<std::uint64_t>(next_); }

 private:
  struct OnTheWay {
    std::int64_t sequence = 0;
    std::vector<std::byte> payload;
    bool recovered = false;
  };

  double even() { return static_cast<double>(random_.u64() >> 11) * 0x1p-53; }

  Duration jitter() {
    return Duration{static_cast<std::int64_t>(-std::log(1 - even()) *
                                              static_cast<double>(weather_.jitter.count()))};
  }

  Instant sent_at() const {
    return begin_ + Duration{static_cast<std::int64_t>(static_cast<double>(next_) * 20'000 /
                                                       (1 + weather_.drift_ppm / 1e6))};
  }

  bool is_lost() {
    was_lost_ = even() < (was_lost_ ? std::max(weather_.burst, weather_.loss) : weather_.loss);
    return was_lost_;
  }

  std::vector<std::byte> payload(std::int64_t sequence) const {
    const std::uint8_t flags = weather_.fec ? kFecFlag : kNoFlag;
    const auto at = [&](std::int64_t of) {
      return tone_packet(of * std::int64_t{kTonePacket}, flags);
    };
    if (weather_.red == 0) return at(sequence);
    std::vector<std::vector<std::byte>> data;
    std::vector<rtp::RedBlock> blocks;
    for (std::int64_t i = static_cast<std::int64_t>(weather_.red); i >= 0; --i) {
      if (sequence >= i) data.push_back(at(sequence - i));
    }
    for (std::size_t i = 0; i < data.size(); ++i) {
      const auto of = sequence - static_cast<std::int64_t>(data.size() - 1 - i);
      blocks.push_back(
          {.payload_type = kTonePayload,
           .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(of * std::int64_t{kTonePacket})},
           .data = data[i]});
    }
    std::vector<std::byte> out(1200);
    out.resize(rtp::write_red(blocks, out).size());
    return out;
  }

  void send() {
    const Instant at = sent_at();
    const std::int64_t sequence = next_++;
    constexpr Duration kOneWay = 25ms;
    if (even() < weather_.spike) blocked_until_ = at + weather_.spike_delay;
    Instant arrives = std::max(at + kOneWay + jitter(), blocked_until_);
    if (weather_.in_order) arrives = std::max(arrives, last_arrival_);
    last_arrival_ = std::max(last_arrival_, arrives);
    OnTheWay packet{.sequence = sequence, .payload = payload(sequence)};
    if (!is_lost()) {
      under_way_.emplace(arrives, std::move(packet));
      return;
    }
    if (!weather_.round_trip) return;
    // The gap is seen with the next packet; 5 ms later NACK goes out; each way loses packets.
    packet.recovered = true;
    Instant asked = arrives + 25ms;
    for (int i = 0; i < 10; ++i, asked += *weather_.round_trip + 10ms) {
      if (even() < weather_.loss || even() < weather_.loss) continue;
      under_way_.emplace(asked + *weather_.round_trip + jitter(), std::move(packet));
      return;
    }
  }

  SeededRandom random_;
  Weather weather_;
  AudioBuffer& buffer_;
  Receiving receiving_;
  std::vector<Sample> sound_;
  std::multimap<Instant, OnTheWay> under_way_;
  Instant begin_{1s};
  Instant now_{1s + 3ms};
  Instant last_arrival_{};
  Instant blocked_until_{};
  std::int64_t next_ = 0;
  bool was_lost_ = false;
};

/// The part of the sound pulled that was made up.
inline double concealed(const AudioBufferStats& stats) {
  return static_cast<double>(stats.concealed_samples) /
         static_cast<double>(std::max<std::uint64_t>(stats.total_samples_received, 1));
}

}  // namespace duet::media
