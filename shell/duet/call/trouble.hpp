// SPDX-License-Identifier: MIT
// What a call goes on without, and why. shell/duet/words tells people of it.
#pragma once

#include <duet/codec/video_decoder.hpp>
#include <duet/codec/video_encoder.hpp>
#include <duet/device/error.hpp>

#include <functional>
#include <optional>
#include <variant>

namespace duet::call {

/// By the other end; and the source has no other.
struct CodecNotTaken {
  media::Codec codec = media::Codec::H264;

  friend bool operator==(const CodecNotTaken&, const CodecNotTaken&) = default;
};

/// Of the other end: they can't be shown, but recorded.
struct PicturesRefused {
  codec::DecoderError why = codec::DecoderError::WrongFormat;  ///< or TooLarge
  media::Codec codec = media::Codec::H264;

  friend bool operator==(const PicturesRefused&, const PicturesRefused&) = default;
};

using Trouble = std::variant<device::Error, codec::EncoderError, CodecNotTaken, PicturesRefused>;

/// A source has ended: nothing if it is simply over.
using Ended = std::function<void(const std::optional<Trouble>&)>;

}  // namespace duet::call
