// SPDX-License-Identifier: MIT
// Keyed digests (HMAC), and a comparison that tells nothing by its time.
#pragma once

#include <duet/crypto/digest.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace duet::crypto {

using Sha1 = std::array<std::byte, 20>;
using Md5 = std::array<std::byte, 16>;

/// HMAC-SHA1 (RFC 2104). Keys of any length, the empty one included.
Sha1 hmac_sha1(std::span<const std::byte> key, std::span<const std::byte> bytes);

/// HMAC-SHA256 (RFC 2104, FIPS 180-4).
Sha256 hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> bytes);

/// RFC 1321. Broken as a digest; STUN's long-term keys are still made with it (RFC 8489 §9.2.2).
Md5 md5(std::span<const std::byte> bytes);

/// Whether both are the same, in a time that depends on their sizes only.
bool equal_in_constant_time(std::span<const std::byte> a, std::span<const std::byte> b);

}  // namespace duet::crypto
