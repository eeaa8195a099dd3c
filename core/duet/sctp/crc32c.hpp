// SPDX-License-Identifier: MIT
// CRC32c, the checksum of SCTP packets (RFC 9260 §6.8 and Appendix A).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::sctp {

/// The sum of `bytes`, or of what `previous` is the sum of followed by `bytes`. By the processor's
/// own instruction where it has one (SSE 4.2, ARMv8 CRC), by a table elsewhere.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0);

/// By the table only, so that tests can compare.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t previous = 0);

}  // namespace duet::sctp
