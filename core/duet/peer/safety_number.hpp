// SPDX-License-Identifier: MIT
// The safety number: both certificates' fingerprints as digits that two people can compare.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace duet::peer {

/// Twelve groups of five digits.
using SafetyNumber = std::array<std::string, 12>;

/// The same at both ends, and on the page: SHA-512 over a label, the lower and the higher
/// fingerprint, each ended by a line feed; five bytes at a time, big-endian, modulo 100,000
/// (docs/safety-number.md).
///
/// @param one, other  as a=fingerprint has them: "sha-256 0A:1B:..." (RFC 8122 §5)
SafetyNumber safety_number(std::string_view one, std::string_view other);

}  // namespace duet::peer
