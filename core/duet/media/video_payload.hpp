// SPDX-License-Identifier: MIT
// What one RTP payload says of the picture that it is a part of.
#pragma once

#include <duet/base/result.hpp>
#include <duet/media/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::media {

/// Why bytes were not a payload of their codec. Each value is a kind of rule of its payload format.
enum class PayloadError : std::uint8_t {
  Truncated,    ///< a header or a part that does not end within the payload, or nothing in it
  Unsupported,  ///< a form that was not negotiated, such as H.264's MTAP and FU-B
  Forbidden,    ///< bits that exclude each other
};

/// One payload, looked into. Which packets make a frame is told by their timestamps and the marker.
struct VideoPayload {
  /// What the frame is made of: a view of the payload, for FrameBuilder.
  std::span<const std::byte> data;
  /// No packet of its frame comes before it. VP8 and VP9 always tell; H.264 and AV1 where it
  /// matters, at key frames.
  bool begins_frame = false;
  /// Its frame needs no other one. VP8 tells it in the first packet only.
  bool is_key = false;
  /// Its frame needs another one, whatever its other packets say. Told by H.264 only, where
  /// parameters begin a key frame, but may come with other pictures, too.
  bool is_inter = false;
  std::optional<std::uint16_t> picture_id;  ///< of 7 or 15 bits

  /// Which frames of a stream with temporal layers need which (RFC 7741 §4.2, RFC 9628 §4.2). Told
  /// by VP8 and VP9 only.
  struct Temporal {
    std::uint8_t id = 0;  ///< 0: the base layer, whose frames need base frames only
    /// It needs base frames only, up to the last one (Y); of VP9 its group tells.
    bool is_synced = false;
    std::uint8_t base_index = 0;  ///< base frames up to this one are counted (TL0PICIDX)
  };

  std::optional<Temporal> temporal;
  std::span<const std::byte> group;  ///< of VP9, where it is told: for Vp9Group
};

/// @param payload  not empty: an empty one is padding
Result<VideoPayload, PayloadError> parse_video_payload(Codec codec,
                                                       std::span<const std::byte> payload);

}  // namespace duet::media
