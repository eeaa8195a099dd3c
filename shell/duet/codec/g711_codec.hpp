// SPDX-License-Identifier: MIT
// PCMU and PCMA (RFC 3551 §4.5.14) as an encoder and a decoder at 48 kHz.
#pragma once

#include <duet/codec/audio_codec.hpp>

namespace duet::codec {

/// @param codec  Pcmu or Pcma
Result<std::unique_ptr<AudioEncoder>, AudioCodecError> make_g711_encoder(
    media::Codec codec, const AudioSettings& settings);
Result<std::unique_ptr<media::AudioDecoder>, AudioCodecError> make_g711_decoder(media::Codec codec,
                                                                                int channels);

}  // namespace duet::codec
