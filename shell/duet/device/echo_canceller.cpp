// SPDX-License-Identifier: MIT
// The voice processing of libwebrtc-audio-processing.
#include <duet/base/check.hpp>
#include <duet/device/echo_canceller.hpp>

#include <webrtc/modules/audio_processing/include/audio_processing.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace duet::device {
namespace {

using media::Sample;

constexpr int kTargetLevel = 3;      // dB below full scale
constexpr int kMostCompression = 9;  // dB of gain
constexpr int kLongestDelay = 500;   // ms; the library takes no more

}  // namespace

class EchoCanceller::Planes {
 public:
  void read(std::span<const Sample> block, int channels) {
    const auto width = static_cast<std::size_t>(channels);
    DUET_CHECK(channels >= 1 && channels <= media::kMaxChannels);
    DUET_CHECK(block.size() == media::kBlockSamples * width);
    for (std::size_t i = 0; i < block.size(); ++i) {
      planes_[i % width][i / width] = static_cast<float>(block[i]) / 32'768.0F;
    }
  }

  void write(std::span<Sample> block, int channels) const {
    const auto width = static_cast<std::size_t>(channels);
    for (std::size_t i = 0; i < block.size(); ++i) {
      const float value = planes_[i % width][i / width] * 32'768.0F;
      block[i] = static_cast<Sample>(std::lround(std::clamp(value, -32'768.0F, 32'767.0F)));
    }
  }

  float* const* pointers() { return pointers_.data(); }

 private:
  std::array<std::array<float, media::kBlockSamples>, media::kMaxChannels> planes_{};
  std::array<float*, media::kMaxChannels> pointers_{planes_[0].data(), planes_[1].data()};
};

EchoCanceller::EchoCanceller(std::unique_ptr<webrtc::AudioProcessing> processing, bool cancels_echo)
    : processing_{std::move(processing)},
      cancels_echo_{cancels_echo},
      played_{std::make_unique<Planes>()},
      captured_{std::make_unique<Planes>()} {}

EchoCanceller::~EchoCanceller() = default;

Result<std::unique_ptr<EchoCanceller>, VoiceError> EchoCanceller::make(
    const VoiceSettings& settings) {
  webrtc::Config config;
  // Devices' buffers are known roughly only: the library looks for the echo itself, and further.
  config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(true));
  config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
  std::unique_ptr<webrtc::AudioProcessing> it{webrtc::AudioProcessing::Create(config)};
  if (!it) return fail(VoiceError::NotStarted);

  int failed = it->high_pass_filter()->Enable(true);
  failed |= it->echo_cancellation()->set_suppression_level(
      webrtc::EchoCancellation::kModerateSuppression);
  failed |= it->echo_cancellation()->enable_drift_compensation(false);
  failed |= it->echo_cancellation()->Enable(settings.cancel_echo);
  failed |= it->noise_suppression()->set_level(webrtc::NoiseSuppression::kModerate);
  failed |= it->noise_suppression()->Enable(settings.suppress_noise);
  failed |= it->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital);
  failed |= it->gain_control()->set_target_level_dbfs(kTargetLevel);
  failed |= it->gain_control()->set_compression_gain_db(kMostCompression);
  failed |= it->gain_control()->enable_limiter(true);
  failed |= it->gain_control()->Enable(settings.adapt_gain);
  if (failed != 0) return fail(VoiceError::SettingsRefused);
  return std::unique_ptr<EchoCanceller>{new EchoCanceller{std::move(it), settings.cancel_echo}};
}

void EchoCanceller::handle_played(std::span<const Sample> block, int channels) {
  played_->read(block, channels);
  const webrtc::StreamConfig config{media::kSampleRate, channels};
  processing_->ProcessReverseStream(played_->pointers(), config, config, played_->pointers());
}

void EchoCanceller::clean(std::span<Sample> block, int channels, Duration delay) {
  captured_->read(block, channels);
  const webrtc::StreamConfig config{media::kSampleRate, channels};
  if (cancels_echo_) {
    const auto milliseconds =
        static_cast<int>(std::clamp<std::int64_t>(delay / 1ms, 0, kLongestDelay));
    processing_->set_stream_delay_ms(milliseconds);
  }
  // If it can't, the sound stays as it was captured.
  if (processing_->ProcessStream(captured_->pointers(), config, config, captured_->pointers()) ==
      0) {
    captured_->write(block, channels);
  }
}

}  // namespace duet::device
