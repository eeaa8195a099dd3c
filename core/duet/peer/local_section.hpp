// SPDX-License-Identifier: MIT
// Sections of our descriptions: what offers and answers have in common. Inside of peer only.
#pragma once

#include <duet/peer/rtp_parameters.hpp>
#include <duet/peer/transport_parameters.hpp>
#include <duet/sdp/description.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace duet::peer {

/// RFC 8840 §4.1.1: the port of a section whose candidates are still to come.
inline constexpr std::uint16_t kDiscardPort = 9;
/// RFC 9429 §5.1.2.
inline constexpr std::string_view kRtpProtocol = "UDP/TLS/RTP/SAVPF";
/// RFC 8841 §4.
inline constexpr std::string_view kDataProtocol = "UDP/DTLS/SCTP";
inline constexpr std::string_view kDataFormat = "webrtc-datachannel";

/// Port zero, and of `like` no more than its place needs.
sdp::MediaSection rejected_section(const sdp::MediaSection& like);

/// Payload formats and the m= line's list of them.
void set_formats(sdp::MediaSection& section, std::vector<sdp::PayloadFormat> formats);

/// The credentials of the section that speaks for the transport; nothing if none is carried.
std::optional<IceParameters> ice_of(const sdp::Description& description);

/// Takes over the candidates that were found for the same credentials.
void keep_candidates(const sdp::Description& from, sdp::MediaSection& to);

/// SSRCs and cname, if the section sends.
void add_sources(sdp::MediaSection& section, const RtpParameters& parameters);

}  // namespace duet::peer
