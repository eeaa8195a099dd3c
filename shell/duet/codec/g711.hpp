// SPDX-License-Identifier: MIT
// Samples as G.711 writes them: eight bits each, in one of two logarithmic laws.
#pragma once

#include <duet/media/sound.hpp>

#include <cstdint>

namespace duet::codec {

/// Each is a sign, a segment of three bits and four bits of mantissa (ITU-T G.711 tables 1 and 2);
/// the laws differ in where the segments lie and in which bits the line inverts.
std::uint8_t to_ulaw(media::Sample sample);
media::Sample from_ulaw(std::uint8_t code);
std::uint8_t to_alaw(media::Sample sample);
media::Sample from_alaw(std::uint8_t code);

}  // namespace duet::codec
