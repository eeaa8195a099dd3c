// SPDX-License-Identifier: MIT
// G.711 between 8 kHz on the wire and 48 kHz here, resampled by libswresample.
#include <duet/base/check.hpp>
#include <duet/codec/g711.hpp>
#include <duet/codec/g711_codec.hpp>

extern "C" {
#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>
}

#include <algorithm>
#include <array>
#include <utility>

namespace duet::codec {
namespace {

using media::Sample;

constexpr int kWireRate = 8'000;
constexpr std::size_t kRatio = media::kSampleRate / kWireRate;
constexpr std::size_t kWirePacket = AudioEncoder::kPacketSamples / kRatio;  // 20 ms
constexpr std::size_t kMaxPacket = 120 * kWireRate / 1000;

struct FreeSwr {
  void operator()(SwrContext* handle) const { swr_free(&handle); }
};

/// Resamples one channel. After its first samples, which wait in its filter, it gives as much as it
/// takes.
class Resampler {
 public:
  bool open(int from_rate, int to_rate) {
    AVChannelLayout mono{};
    av_channel_layout_default(&mono, 1);
    SwrContext* handle = nullptr;
    const int made = swr_alloc_set_opts2(&handle, &mono, AV_SAMPLE_FMT_S16, to_rate, &mono,
                                         AV_SAMPLE_FMT_S16, from_rate, 0, nullptr);
    handle_.reset(handle);
    return made >= 0 && swr_init(handle_.get()) >= 0;
  }

  /// @param out  as long as `in` lasts. What the filter still holds back is silence at its
  /// beginning
  void convert(std::span<const Sample> in, std::span<Sample> out) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(in.data());
    auto* to = reinterpret_cast<std::uint8_t*>(out.data());
    const int converted = swr_convert(handle_.get(), &to, static_cast<int>(out.size()), &from,
                                      static_cast<int>(in.size()));
    const std::size_t missing = out.size() - static_cast<std::size_t>(std::max(converted, 0));
    if (missing == 0) return;
    std::shift_right(out.begin(), out.end(), static_cast<std::ptrdiff_t>(missing));
    std::ranges::fill(out.first(missing), Sample{0});
  }

 private:
  std::unique_ptr<SwrContext, FreeSwr> handle_;
};

class G711Encoder final : public AudioEncoder {
 public:
  G711Encoder(media::Codec codec, int channels) : codec_{codec}, channels_{channels} {}

  bool open() { return resampler_.open(media::kSampleRate, kWireRate); }

  void configure(const AudioSettings& /*it has but one rate*/) override {}

  void encode(std::span<const Sample> samples, std::vector<std::byte>& out) override {
    DUET_CHECK(samples.size() == kPacketSamples * static_cast<std::size_t>(channels_));
    std::array<Sample, kPacketSamples> mono{};
    const auto width = static_cast<std::size_t>(channels_);
    for (std::size_t i = 0; i < mono.size(); ++i) {
      mono[i] = static_cast<Sample>((samples[i * width] + samples[i * width + width - 1]) / 2);
    }
    std::array<Sample, kWirePacket> narrow{};
    resampler_.convert(mono, narrow);
    out.resize(narrow.size());
    std::ranges::transform(narrow, out.begin(), [this](Sample sample) {
      return std::byte{codec_ == media::Codec::Pcmu ? to_ulaw(sample) : to_alaw(sample)};
    });
  }

 private:
  media::Codec codec_;
  int channels_;
  Resampler resampler_;
};

class G711Decoder final : public media::AudioDecoder {
 public:
  G711Decoder(media::Codec codec, int channels) : codec_{codec}, channels_{channels} {}

  bool open() { return resampler_.open(kWireRate, media::kSampleRate); }

  int channels() const override { return channels_; }

  Duration duration(std::span<const std::byte> packet) const override {
    return packet.size() > kMaxPacket ? 0ms : packet.size() * Duration{1'000'000 / kWireRate};
  }

  std::size_t decode(std::span<const std::byte> packet, std::vector<Sample>& out) override {
    if (packet.empty() || packet.size() > kMaxPacket) return 0;
    std::array<Sample, kMaxPacket> narrow{};
    std::ranges::transform(packet, narrow.begin(), [this](std::byte code) {
      const auto bits = std::to_integer<std::uint8_t>(code);
      return codec_ == media::Codec::Pcmu ? from_ulaw(bits) : from_alaw(bits);
    });
    const std::size_t samples = packet.size() * kRatio;
    std::array<Sample, kMaxPacket * kRatio> wide{};
    const auto mono = std::span{wide}.first(samples);
    resampler_.convert(std::span{narrow}.first(packet.size()), mono);
    for (const Sample sample : mono) {
      out.insert(out.end(), static_cast<std::size_t>(channels_), sample);
    }
    return samples;
  }

  std::size_t decode_lost(std::span<const std::byte>, Duration, std::vector<Sample>&) override {
    return 0;
  }

  std::size_t conceal(std::size_t, std::vector<Sample>&) override { return 0; }

 private:
  media::Codec codec_;
  int channels_;
  Resampler resampler_;
};

}  // namespace

Result<std::unique_ptr<AudioEncoder>, AudioCodecError> make_g711_encoder(
    media::Codec codec, const AudioSettings& settings) {
  auto encoder = std::make_unique<G711Encoder>(codec, settings.channels);
  if (!encoder->open()) return fail(AudioCodecError::NotMade);
  return encoder;
}

Result<std::unique_ptr<media::AudioDecoder>, AudioCodecError> make_g711_decoder(media::Codec codec,
                                                                                int channels) {
  auto decoder = std::make_unique<G711Decoder>(codec, channels);
  if (!decoder->open()) return fail(AudioCodecError::NotMade);
  return decoder;
}

}  // namespace duet::codec
