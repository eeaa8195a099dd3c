// SPDX-License-Identifier: MIT
// Encoders and decoders of sound.
#pragma once

#include <duet/base/result.hpp>
#include <duet/media/audio_decoder.hpp>
#include <duet/media/codec.hpp>
#include <duet/media/sound.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace duet::codec {

struct AudioSettings {
  int channels = 1;
  std::uint64_t rate_bps = 32'000;  ///< Opus only
  double expected_loss = 0;         ///< 0 to 1: how much of a packet is spent on the one before it
  bool dtx = false;                 ///< says little while there is silence

  friend bool operator==(const AudioSettings&, const AudioSettings&) = default;
};

/// Why there is no encoder or decoder.
enum class AudioCodecError : std::uint8_t {
  UnknownCodec,  ///< none of sound's
  WrongChannels,
  NotMade  ///< by the library
};

/// One stream's encoder. Packets are 20 ms long.
class AudioEncoder {
 public:
  static constexpr std::size_t kPacketSamples = 2 * media::kBlockSamples;  ///< of one channel

  virtual ~AudioEncoder() = default;
  AudioEncoder() = default;
  AudioEncoder(const AudioEncoder&) = delete;
  AudioEncoder& operator=(const AudioEncoder&) = delete;

  /// Channels are as they were made.
  virtual void configure(const AudioSettings& settings) = 0;

  /// @param samples  kPacketSamples of each channel
  /// @param out      is replaced by the packet; empty if it need not be sent (DTX)
  virtual void encode(std::span<const media::Sample> samples, std::vector<std::byte>& out) = 0;
};

Result<std::unique_ptr<AudioEncoder>, AudioCodecError> make_audio_encoder(
    media::Codec codec, const AudioSettings& settings);

/// @param channels  of what it gives, 1 or 2, whatever the peer sends
Result<std::unique_ptr<media::AudioDecoder>, AudioCodecError> make_audio_decoder(media::Codec codec,
                                                                                 int channels);

}  // namespace duet::codec
