// SPDX-License-Identifier: MIT
// Numbers that a TURN server and its client both go by.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>

namespace duet::turn {

inline constexpr Duration kPermissionLifetime = 300s;   // RFC 8656 §9
inline constexpr std::uint32_t kDefaultLifetime = 600;  // in seconds, RFC 8656 §3.2
inline constexpr std::uint32_t kUdp = 17;               // RFC 8656 §18.8, as IP numbers protocols
inline constexpr Duration kChannelLifetime = 600s;      // RFC 8656 §12

/// Bounds inside one allocation. A browser needs one of each for every candidate of its peer; what
/// is asked beyond gets 508.
inline constexpr std::size_t kMaxPermissions = 128;
inline constexpr std::size_t kMaxChannels = 128;

}  // namespace duet::turn
