// SPDX-License-Identifier: MIT
// Frames of every codec for tests, encoded by FFmpeg's libraries.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/media/encoded_frame.hpp>

#include <vector>

namespace duet::device {

/// Pictures with a bright bar that moves on from one to the next; a key frame every 30 of them.
std::vector<media::EncodedFrame> encoded_pictures(media::Codec codec, codec::Size size, int count);

/// 20 ms packets of a tone of 440 Hz.
std::vector<media::EncodedFrame> encoded_tone(media::Codec codec, int count);

}  // namespace duet::device
