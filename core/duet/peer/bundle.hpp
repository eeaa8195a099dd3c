// SPDX-License-Identifier: MIT
// Which sections of a description share the one transport.
#pragma once

#include <duet/sdp/description.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace duet::peer {

/// RTP or data channels: a section that can be accepted at all.
bool is_supported(const sdp::MediaSection& section);

/// For each section whether the one transport can carry it: the first one that is supported and not
/// rejected, and those of its BUNDLE group (RFC 9429 §4.1.1, max-bundle). All others are refused.
std::vector<bool> bundled_sections(const sdp::Description& description);

/// The section whose transport attributes count for all: the first of that group that is not
/// rejected (RFC 9143 §7.2, §7.3). Nothing if none is carried.
std::optional<std::size_t> tagged_section(const sdp::Description& description);

}  // namespace duet::peer
