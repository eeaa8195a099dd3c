// SPDX-License-Identifier: MIT
// What the header of a file says of a stream, read from the stream itself.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/media/encoded_frame.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace duet::device {

/// A decoder's first needs. `parameters` are
///   H.264     its parameter sets, each after a start code (ITU-T H.264 §7.3.2.1, §7.3.2.2)
///   AV1       its sequence header OBU
///   Opus      an identification header (RFC 7845 §5.1)
///   the rest  nothing
struct StreamHead {
  codec::Size size;  ///< of pictures
  std::vector<std::byte> parameters;

  friend bool operator==(const StreamHead&, const StreamHead&) = default;
};

/// @param key_frame  a stranger's bytes, a key frame of pictures
/// @return nothing if they don't begin as their codec says, or a side is 0 or above codec::kMaxSide
std::optional<StreamHead> head_of(const media::EncodedFrame& key_frame);

/// For a stream that has not begun when the header is written: 1280x720, and for sound all there is
/// to say. Decoders take what the first key frame says instead.
StreamHead usual_head(media::Codec codec);

}  // namespace duet::device
