// SPDX-License-Identifier: MIT
// Retransmissions in a stream of their own: the packet around the packet (RFC 4588).
#pragma once

#include <duet/rtp/extension.hpp>
#include <duet/rtp/packet.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace duet::rtp {

inline constexpr std::size_t kOsnSize = 2;  // RFC 4588 §4: the original sequence number

/// What a retransmission is sent as.
struct RtxHeader {
  Ssrc ssrc;
  PayloadType payload_type;
  SequenceNumber sequence;
};

/// RFC 4588 §4: writes the retransmission of `original` into `buffer`. Extensions are kept, but a
/// stream's id becomes the repaired stream's (RFC 8852 §4.2). Padding is left out.
/// @return empty if it doesn't fit
std::span<std::byte> write_rtx(const Packet& original, const RtxHeader& header,
                               const ExtensionMap& extensions, std::span<std::byte> buffer,
                               std::size_t tail_room);

/// Makes the original packet of a retransmission, in its memory: the header moves up by two bytes.
/// @param memory  the bytes that `rtx` was parsed from
/// @return the original packet; nothing if the payload has no sequence number: that is padding, as
/// it is
///         sent to probe, or a lie
std::optional<std::span<std::byte>> restore_rtx(const Packet& rtx, std::span<std::byte> memory,
                                                Ssrc ssrc, PayloadType payload_type);

}  // namespace duet::rtp
