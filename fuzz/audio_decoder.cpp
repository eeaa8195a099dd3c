// SPDX-License-Identifier: MIT
// The decoders of sound under a peer that sends what it likes: what they give is as long as they
// say, and as long as they said it would be.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/codec/audio_codec.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace {

using namespace duet;

/// Appended is what was announced, nothing else.
void check(std::size_t samples, std::size_t before, const std::vector<media::Sample>& out,
           int channels) {
  DUET_CHECK(out.size() == before + samples * static_cast<std::size_t>(channels));
  DUET_CHECK(samples <= 120 * media::kSampleRate / 1000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  const std::uint8_t choice = input.next();
  const int channels = 1 + (choice & 1);
  constexpr std::array kCodecs{media::Codec::Opus, media::Codec::Opus, media::Codec::Pcmu,
                               media::Codec::Pcma};
  auto decoder = codec::make_audio_decoder(kCodecs[choice >> 1 & 3], channels);
  DUET_CHECK(decoder.has_value());
  std::vector<media::Sample> out;
  for (int i = 0; i < 50 && !input.empty(); ++i) {
    const std::uint8_t what = input.next();
    const auto packet = input.take(input.next() * (1u + (what >> 4 & 3u)));
    const bool carries = (*decoder)->carries_lost(packet);
    const Duration duration = (*decoder)->duration(packet);
    DUET_CHECK(duration >= 0ms && duration <= 120ms);
    (*decoder)->begins_silence(packet);
    const std::size_t before = out.size();
    if (what % 4 == 1) {
      const std::size_t samples =
          (*decoder)->decode_lost(packet, Duration{2500 * (what >> 2)}, out);
      DUET_CHECK(samples == 0 || carries);
      check(samples, before, out, channels);
    } else if (what % 4 == 2) {
      check((*decoder)->conceal(120u * (what >> 2), out), before, out, channels);
    } else {
      const std::size_t samples = (*decoder)->decode(packet, out);
      check(samples, before, out, channels);
      DUET_CHECK(samples == 0 || duration == samples * Duration{1'000'000} / media::kSampleRate);
    }
    if (out.size() > 48'000) out.clear();
  }
  return 0;
}
