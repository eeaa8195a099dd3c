// SPDX-License-Identifier: MIT
// The checksum that tells STUN from other protocols on the same port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::stun {

/// The value of FINGERPRINT over a message up to that attribute, its length field counting the
/// attribute: CRC-32 of ITU V.42, exclusive or 0x5354554E (RFC 8489 §14.7).
std::uint32_t fingerprint(std::span<const std::byte> message);

}  // namespace duet::stun
