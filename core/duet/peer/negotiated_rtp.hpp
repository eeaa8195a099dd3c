// SPDX-License-Identifier: MIT
// From two m-sections, an offer's and an answer's, to what holds between them.
#pragma once

#include <duet/peer/rtp_parameters.hpp>
#include <duet/sdp/media_section.hpp>

#include <cstdint>

namespace duet::peer {

/// Whether an extension may have this number: 1 to 14, with two-byte headers 16 to 255 too
/// (RFC 8285 §4.2, §4.3).
bool is_usable_extension_id(std::uint16_t id, bool allow_mixed);

/// Whether the answer took a codec of the offer's that carries media.
bool has_common_media(const sdp::MediaSection& offer, const sdp::MediaSection& answer);

/// @param local_answers  the local section is the answer, else the remote one
/// @param before  whose own SSRCs and cname stay
RtpParameters negotiated_rtp(const sdp::MediaSection& local, const sdp::MediaSection& remote,
                             bool local_answers, const RtpParameters& before);

}  // namespace duet::peer
