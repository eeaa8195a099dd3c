// SPDX-License-Identifier: MIT
// The attributes of RTP become values. Inside of sdp only.
#pragma once

#include <duet/sdp/media_section.hpp>
#include <duet/sdp/parse_error.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace duet::sdp {

/// The formats of the m= line as payload types.
std::optional<ParseError::Reason> parse_payload_types(MediaSection& section);

std::optional<ParseError::Reason> parse_extmap(std::string_view value, std::vector<Extmap>& out);

/// Leaves alone what it does not know.
std::optional<ParseError::Reason> parse_rtp_attribute(std::string_view name, std::string_view value,
                                                      MediaSection& out);

/// After the last line: extensions of the session, static payload types, feedback for all.
std::optional<ParseError::Reason> finish_rtp(const std::vector<Extmap>& session,
                                             MediaSection& section);

}  // namespace duet::sdp
