// SPDX-License-Identifier: MIT
// Quantities as people write them: 30s, 250ms, 24h, 1500k, 2MB.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/config/sentences.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace duet::config {

/// A whole number and ms, s, m or h. A number alone is refused, since nobody knows what it means.
Result<Duration, Sentence> parse_duration(std::string_view text);
/// In the largest unit that leaves a whole number: 1h, 90s, 250ms. Below a millisecond: 0ms.
std::string format_duration(Duration duration);

/// Bits a second: a whole number and k, M or G (powers of 1000).
Result<std::uint64_t, Sentence> parse_rate_bps(std::string_view text);
/// Bytes: a whole number and B, kB, MB or GB (powers of 1000).
Result<std::uint64_t, Sentence> parse_size_bytes(std::string_view text);

/// A whole number without a unit and without a sign.
Result<std::uint64_t, Sentence> parse_count(std::string_view text);

}  // namespace duet::config
