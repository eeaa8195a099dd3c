// SPDX-License-Identifier: MIT
// Retransmissions in a stream of their own: the packet around the packet (RFC 4588).
#pragma once

#include <duet/rtp/extension.hpp>
#include <duet/rtp/packet.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace duet::rtp {

inline constexpr std::size_t kOsnSize = 2;  // RFC 4588 §4: the original sequence number

/// What a retransmission is sent as.
struct RtxHeader {
  Ssrc ssrc;
  PayloadType payload_type;
  SequenceNumber sequence;
  // The names that the packet carries, empty for none: its stream may be unknown to the peer when
  // the original's is known, and the other way round.
  std::string_view mid;
  std::string_view repaired_rid;  ///< RFC 8852 §4.2
};

/// RFC 4588 §4: writes the retransmission of `original` into `buffer`. Extensions are kept, except
/// for the names; padding is left out.
/// @return empty if it doesn't fit: it takes kOsnSize and the names more than the original
std::span<std::byte> write_rtx(const Packet& original, const RtxHeader& header,
                               const ExtensionMap& extensions, std::span<std::byte> buffer,
                               std::size_t tail_room);

/// Makes the original packet of a retransmission, in its memory: the header moves up by two bytes.
/// @param memory  the bytes that `rtx` was parsed from
/// @return the original packet; nothing if the payload has no sequence number: that is padding to
///         probe with, or a lie
std::optional<std::span<std::byte>> restore_rtx(const Packet& rtx, std::span<std::byte> memory,
                                                Ssrc ssrc, PayloadType payload_type);

}  // namespace duet::rtp
