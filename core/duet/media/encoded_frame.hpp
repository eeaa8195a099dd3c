// SPDX-License-Identifier: MIT
// What an encoder gives and a decoder takes.
#pragma once

#include <duet/media/codec.hpp>
#include <duet/rtp/types.hpp>

#include <cstddef>
#include <vector>

namespace duet::media {

/// One picture, or one stretch of sound. In `bytes`
///   VP8, VP9          one frame, VP9 with all its spatial layers (a superframe)
///   H.264             one access unit, each NAL unit after a start code (Annex B)
///   AV1               one temporal unit, each OBU with its size, without temporal delimiter
///   Opus, PCMU, PCMA  one packet
struct EncodedFrame {
  Codec codec = Codec::Vp8;
  rtp::Timestamp timestamp;  ///< when it was captured, in the codec's clock
  bool is_key = false;       ///< a picture that needs no other; sound always is
  std::vector<std::byte> bytes;
};

}  // namespace duet::media
