// SPDX-License-Identifier: MIT
// Opus (RFC 6716) as an encoder and a decoder at 48 kHz.
#pragma once

#include <duet/codec/audio_codec.hpp>

namespace duet::codec {

Result<std::unique_ptr<AudioEncoder>, std::string> make_opus_encoder(const AudioSettings& settings);
Result<std::unique_ptr<media::AudioDecoder>, std::string> make_opus_decoder(int channels);

}  // namespace duet::codec
