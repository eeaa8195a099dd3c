// SPDX-License-Identifier: MIT
// What tells one description from another, read from its text alone.
#pragma once

#include <string_view>

namespace duet::sdp {

// Each views `text`, and is empty where the line is missing.

/// Session id and version of the `o=` line: "46117317 2" (RFC 8866 §5.2). Names one description.
std::string_view origin_of(std::string_view text);

/// The session id of the `o=` line: another one means another peer connection (RFC 9429 §5.2.1).
std::string_view session_id_of(std::string_view text);

/// The first user fragment: another one means another round of candidates (RFC 8839 §5.4).
std::string_view ice_ufrag_of(std::string_view text);

/// The fingerprint: "sha-256 0A:1B:..." (RFC 8122 §5). Empty, too, if there are several: DTLS may
/// take any of them, so that none of them says who the peer is.
std::string_view fingerprint_of(std::string_view text);

}  // namespace duet::sdp
