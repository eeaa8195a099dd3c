// SPDX-License-Identifier: MIT
// The buffer of received sound under a peer, a path and a codec that do what they like: packets of
// any number and time, redundant, restarted, longer or shorter than they said. It always gives 10
// ms, its memory stays bounded, and its counters add up.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/media/audio_buffer.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace duet::media {
namespace {

/// A packet's first byte is how long it says to be, its second how long it is, both in 2.5 ms; its
/// third says what else it does.
class HostileDecoder final : public AudioDecoder {
 public:
  HostileDecoder(int channels, bool conceals) : channels_{channels}, conceals_{conceals} {}

  int channels() const override { return channels_; }

  Duration duration(std::span<const std::byte> packet) const override {
    return at(packet, 0) % 49 * 2500us;
  }

  bool carries_lost(std::span<const std::byte> packet) const override {
    return (at(packet, 2) & 1) != 0;
  }

  bool begins_silence(std::span<const std::byte> packet) const override {
    return (at(packet, 2) & 2) != 0;
  }

  std::size_t decode(std::span<const std::byte> packet, std::vector<Sample>& out) override {
    return append(at(packet, 1) % 49 * 120, static_cast<Sample>(at(packet, 2) * 100), out);
  }

  std::size_t decode_lost(std::span<const std::byte> next, Duration lost,
                          std::vector<Sample>& out) override {
    DUET_CHECK(lost > 0ms && lost <= 120ms);
    if (!carries_lost(next)) return 0;
    return append(static_cast<std::size_t>(lost / 2500us) * 120, 1000, out);
  }

  std::size_t conceal(std::size_t samples, std::vector<Sample>& out) override {
    DUET_CHECK(samples > 0 && samples % 120 == 0 && samples <= 480);
    return conceals_ ? append(samples, 100, out) : 0;
  }

 private:
  static unsigned at(std::span<const std::byte> packet, std::size_t index) {
    return index < packet.size() ? std::to_integer<unsigned>(packet[index]) : 0;
  }

  std::size_t append(std::size_t samples, Sample value, std::vector<Sample>& out) const {
    out.insert(out.end(), samples * static_cast<std::size_t>(channels_), value);
    return samples;
  }

  int channels_;
  bool conceals_;
};

class World {
 public:
  World(int channels, bool conceals)
      : buffer_{channels}, block_(kBlockSamples * static_cast<std::size_t>(channels)) {
    buffer_.set_decoder(PayloadType{111}, 48'000,
                        std::make_unique<HostileDecoder>(channels, conceals));
    buffer_.set_decoder(PayloadType{0}, 8'000,
                        std::make_unique<HostileDecoder>(channels, !conceals));
    buffer_.set_decoder(PayloadType{110}, 48'000,
                        std::make_unique<HostileDecoder>(channels, false));
  }

  void run(fuzz::Input& input) {
    for (int i = 0; i < 600 && !input.empty(); ++i) step(input);
  }

 private:
  void step(fuzz::Input& input) {
    const std::uint8_t what = input.next();
    switch (what % 8) {
      case 0:
        now_ += std::chrono::milliseconds{what & 0x80 ? input.next() * 16 : what / 8};
        return;
      case 1:
        sequence_ += static_cast<std::int8_t>(input.next());
        return;
      case 2:
        timestamp_ += (std::int64_t{static_cast<std::int8_t>(input.next())} << (what / 8)) * 40;
        return;
      case 3:
        buffer_.set_minimum_delay(input.next() * 10ms);
        return;
      case 4:
        return give(what, input.take(3));
      case 5:
        return give(what, input.take(input.next() % 64));
      default:
        for (int n = 0; n <= what / 64; ++n) pull();
    }
  }

  /// The next packet, with choices in the bits of `what`.
  void give(std::uint8_t what, std::span<const std::byte> payload) {
    constexpr std::array kTypes{PayloadType{111}, PayloadType{0}, PayloadType{63},
                                PayloadType{110}};
    const PayloadType type = kTypes[what >> 3 & 3];
    std::array<std::byte, 200> memory{};
    rtp::PacketWriter writer{
        memory,
        {.payload_type = type,
         .sequence = rtp::SequenceNumber{static_cast<std::uint16_t>(sequence_)},
         .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(timestamp_)},
         .ssrc = Ssrc{1}},
        0};
    std::ranges::copy(payload, writer.payload(payload.size()).begin());
    const auto packet = rtp::Packet::parse(writer.finish());
    DUET_CHECK(packet.has_value());
    buffer_.handle_packet(now_, {.packet = *packet,
                                 .role = type == PayloadType{63} ? rtp::Payload::Role::Red
                                                                 : rtp::Payload::Role::Media,
                                 .sequence = sequence_,
                                 .timestamp = timestamp_,
                                 .recovered = (what & 0x20) != 0,
                                 .restarted = (what & 0xC0) == 0xC0});
    ++sequence_;
    timestamp_ += 960;
  }

  void pull() {
    const AudioBufferStats before = buffer_.stats();
    buffer_.pull(now_, block_);
    const AudioBufferStats& after = buffer_.stats();
    now_ += kBlock;
    const std::uint64_t samples = after.total_samples_received - before.total_samples_received;
    DUET_CHECK(samples == kBlockSamples || (samples == 0 && after.total_samples_received == 0));
    DUET_CHECK(after.silent_concealed_samples <= after.concealed_samples);
    DUET_CHECK(after.concealment_events <= after.concealed_samples);
    // A block, rounded up, and what one stretch took away again.
    DUET_CHECK(after.concealed_samples - before.concealed_samples <= kBlockSamples + 120 + 720);
    DUET_CHECK(after.audio_level >= 0 && after.audio_level <= 1.001);
    DUET_CHECK(after.removed_samples_for_acceleration <= after.jitter_buffer_emitted_count +
                                                             after.concealed_samples +
                                                             after.fec_samples + 48'000);
    DUET_CHECK(buffer_.target_delay() >= 10ms && buffer_.target_delay() <= 1010ms);
  }

  AudioBuffer buffer_;
  std::vector<Sample> block_;
  Instant now_{10s};
  std::int64_t sequence_ = 1000;
  std::int64_t timestamp_ = 1'000'000;
};

}  // namespace
}  // namespace duet::media

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  duet::fuzz::Input input{data, size};
  const std::uint8_t choice = input.next();
  duet::media::World world{1 + (choice & 1), (choice & 2) != 0};
  world.run(input);
  return 0;
}
