// SPDX-License-Identifier: MIT
// Opus (RFC 6716) as an encoder and a decoder at 48 kHz.
#pragma once

#include <duet/codec/audio_codec.hpp>

namespace duet::codec {

Result<std::unique_ptr<AudioEncoder>, AudioCodecError> make_opus_encoder(
    const AudioSettings& settings);
Result<std::unique_ptr<media::AudioDecoder>, AudioCodecError> make_opus_decoder(int channels);

}  // namespace duet::codec
