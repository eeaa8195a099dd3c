// SPDX-License-Identifier: MIT
// The two numbers of RTP that descriptions, packets and their protection all speak of.
#pragma once

#include <duet/base/strong.hpp>

#include <cstdint>

namespace duet {

/// Synchronization source: who sends a stream (RFC 3550 §3). Unique within a session.
using Ssrc = Strong<struct SsrcTag, std::uint32_t>;

/// What a packet carries, 0 to 127, as a description maps it (RFC 3550 §5.1).
using PayloadType = Strong<struct PayloadTypeTag, std::uint8_t>;

}  // namespace duet
