// SPDX-License-Identifier: MIT
// Opus by libopus.
#include <duet/base/check.hpp>
#include <duet/codec/opus_codec.hpp>

#include <opus.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace duet::codec {
namespace {

using media::Sample;

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

// A packet has to fit into a redundant block (RFC 2198 §3: 1,023 bytes); 400 kbit/s.
constexpr opus_int32 kMaxPacket = 1'000;
// 20 ms of mono with FEC take 0.15 ms of an EPYC core, at 9 twice that; a Raspberry Pi is several
// times slower, and encodes pictures beside it.
constexpr int kComplexity = 5;
constexpr int kMaxFrame = 120 * media::kSampleRate / 1000;  // RFC 6716 §3.2.5, R5

const unsigned char* bytes_of(std::span<const std::byte> packet) {
  return reinterpret_cast<const unsigned char*>(packet.data());
}

opus_int32 size_of(std::span<const std::byte> packet) {
  return static_cast<opus_int32>(packet.size());
}

/// DTX: a frame of two bytes or less says that nothing is to be heard (RFC 6716 §2.1.9).
constexpr std::size_t kSilentSize = 2;

class Encoder final : public AudioEncoder {
 public:
  using Handle = std::unique_ptr<OpusEncoder, FreeWith<opus_encoder_destroy>>;

  Encoder(Handle handle, const AudioSettings& settings)
      : handle_{std::move(handle)}, channels_{settings.channels} {
    opus_encoder_ctl(handle_.get(), OPUS_SET_COMPLEXITY(kComplexity));
    configure(settings);
  }

  void configure(const AudioSettings& settings) override {
    const auto rate = std::clamp<std::uint64_t>(settings.rate_bps, 6'000, 510'000);
    const int loss = static_cast<int>(std::clamp(settings.expected_loss, 0.0, 1.0) * 100 + 0.5);
    opus_encoder_ctl(handle_.get(), OPUS_SET_BITRATE(static_cast<opus_int32>(rate)));
    opus_encoder_ctl(handle_.get(), OPUS_SET_INBAND_FEC(loss > 0 ? 1 : 0));
    opus_encoder_ctl(handle_.get(), OPUS_SET_PACKET_LOSS_PERC(loss));
    opus_encoder_ctl(handle_.get(), OPUS_SET_DTX(settings.dtx ? 1 : 0));
  }

  void encode(std::span<const Sample> samples, std::vector<std::byte>& out) override {
    DUET_CHECK(samples.size() == kPacketSamples * static_cast<std::size_t>(channels_));
    out.resize(kMaxPacket);
    const opus_int32 size =
        opus_encode(handle_.get(), samples.data(), static_cast<int>(kPacketSamples),
                    reinterpret_cast<unsigned char*>(out.data()), kMaxPacket);
    DUET_CHECK(size > 0);
    out.resize(static_cast<std::size_t>(size));
    // The first silent packet tells the peer that what follows is missing on purpose.
    const bool silent = out.size() <= kSilentSize;
    if (silent && was_silent_) out.clear();
    was_silent_ = silent;
  }

 private:
  Handle handle_;
  int channels_;
  bool was_silent_ = false;
};

class Decoder final : public media::AudioDecoder {
 public:
  using Handle = std::unique_ptr<OpusDecoder, FreeWith<opus_decoder_destroy>>;

  Decoder(Handle handle, int channels) : handle_{std::move(handle)}, channels_{channels} {}

  int channels() const override { return channels_; }

  Duration duration(std::span<const std::byte> packet) const override {
    if (packet.empty()) return 0ms;
    const int samples =
        opus_packet_get_nb_samples(bytes_of(packet), size_of(packet), media::kSampleRate);
    return std::max(samples, 0) * Duration{1'000'000} / media::kSampleRate;
  }

  bool carries_lost(std::span<const std::byte> packet) const override {
    std::array<const unsigned char*, 48> frames{};
    std::array<opus_int16, 48> sizes{};
    unsigned char toc = 0;
    if (packet.empty()) return false;
    const int count = opus_packet_parse(bytes_of(packet), size_of(packet), &toc, frames.data(),
                                        sizes.data(), nullptr);
    const bool is_celt = (toc & 0x80) != 0;  // RFC 6716 §3.1: configurations 16 and up
    if (count < 1 || sizes[0] < 1 || is_celt) return false;
    // RFC 6716 §4.2.3: a SILK frame of each channel begins with a VAD flag for each of its 20 ms,
    // and one flag that tells whether there is an LBRR frame.
    const int per_frame = opus_packet_get_samples_per_frame(bytes_of(packet), media::kSampleRate);
    const int parts = std::max(1, per_frame / 960);
    const bool middle = (frames[0][0] >> (7 - parts) & 1) != 0;
    const bool is_stereo = (toc & 0x04) != 0;
    return middle || (is_stereo && (frames[0][0] >> (6 - 2 * parts) & 1) != 0);
  }

  bool begins_silence(std::span<const std::byte> packet) const override {
    return !packet.empty() && packet.size() <= kSilentSize;
  }

  std::size_t decode(std::span<const std::byte> packet, std::vector<Sample>& out) override {
    if (packet.empty()) return 0;  // libopus would conceal
    return run(bytes_of(packet), size_of(packet), kMaxFrame, 0, out);
  }

  std::size_t decode_lost(std::span<const std::byte> next, Duration lost,
                          std::vector<Sample>& out) override {
    const auto samples = lost.count() * media::kSampleRate / 1'000'000;
    if (!carries_lost(next) || samples <= 0 || samples > kMaxFrame || samples % 120 != 0) return 0;
    return run(bytes_of(next), size_of(next), static_cast<int>(samples), 1, out);
  }

  std::size_t conceal(std::size_t samples, std::vector<Sample>& out) override {
    if (samples == 0 || samples > kMaxFrame || samples % 120 != 0) return 0;
    return run(nullptr, 0, static_cast<int>(samples), 0, out);
  }

 private:
  std::size_t run(const unsigned char* bytes, opus_int32 size, int room, int fec,
                  std::vector<Sample>& out) {
    const std::size_t begin = out.size();
    const auto channels = static_cast<std::size_t>(channels_);
    out.resize(begin + static_cast<std::size_t>(room) * channels);
    const int decoded = opus_decode(handle_.get(), bytes, size, out.data() + begin, room, fec);
    const auto samples = static_cast<std::size_t>(std::max(decoded, 0));
    out.resize(begin + samples * channels);
    return samples;
  }

  Handle handle_;
  int channels_;
};

}  // namespace

Result<std::unique_ptr<AudioEncoder>, AudioCodecError> make_opus_encoder(
    const AudioSettings& settings) {
  int error = OPUS_OK;
  Encoder::Handle handle{
      opus_encoder_create(media::kSampleRate, settings.channels, OPUS_APPLICATION_VOIP, &error)};
  if (!handle) return fail(AudioCodecError::NotMade);
  return std::make_unique<Encoder>(std::move(handle), settings);
}

Result<std::unique_ptr<media::AudioDecoder>, AudioCodecError> make_opus_decoder(int channels) {
  int error = OPUS_OK;
  Decoder::Handle handle{opus_decoder_create(media::kSampleRate, channels, &error)};
  if (!handle) return fail(AudioCodecError::NotMade);
  return std::make_unique<Decoder>(std::move(handle), channels);
}

}  // namespace duet::codec
