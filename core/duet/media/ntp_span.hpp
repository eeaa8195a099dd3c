// SPDX-License-Identifier: MIT
// The time between two moments of a sender's clock.
#pragma once

#include <duet/base/time.hpp>
#include <duet/rtp/types.hpp>

#include <cstdint>

namespace duet::media {

/// From one moment to another, up to 68 years away; negative if `to` is the earlier one.
constexpr Duration between(rtp::NtpTime from, rtp::NtpTime to) {
  const auto units = static_cast<std::int64_t>(to.value() - from.value());
  constexpr std::int64_t kSecond = std::int64_t{1} << 32;
  const std::int64_t whole = units / kSecond;
  return Duration{whole * 1'000'000 + (units % kSecond) * 1'000'000 / kSecond};
}

}  // namespace duet::media
