// SPDX-License-Identifier: MIT
// Which library encodes and decodes which sound.
#include <duet/codec/audio_codec.hpp>
#include <duet/codec/g711_codec.hpp>
#include <duet/codec/opus_codec.hpp>

namespace duet::codec {
namespace {

bool are_channels(int channels) { return channels >= 1 && channels <= media::kMaxChannels; }

}  // namespace

Result<std::unique_ptr<AudioEncoder>, AudioCodecError> make_audio_encoder(
    media::Codec codec, const AudioSettings& settings) {
  if (!are_channels(settings.channels)) return fail(AudioCodecError::WrongChannels);
  switch (codec) {
    case media::Codec::Opus:
      return make_opus_encoder(settings);
    case media::Codec::Pcmu:
    case media::Codec::Pcma:
      return make_g711_encoder(codec, settings);
    default:
      return fail(AudioCodecError::UnknownCodec);
  }
}

Result<std::unique_ptr<media::AudioDecoder>, AudioCodecError> make_audio_decoder(media::Codec codec,
                                                                                 int channels) {
  if (!are_channels(channels)) return fail(AudioCodecError::WrongChannels);
  switch (codec) {
    case media::Codec::Opus:
      return make_opus_decoder(channels);
    case media::Codec::Pcmu:
    case media::Codec::Pcma:
      return make_g711_decoder(codec, channels);
    default:
      return fail(AudioCodecError::UnknownCodec);
  }
}

}  // namespace duet::codec
