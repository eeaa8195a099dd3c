// SPDX-License-Identifier: MIT
// The time of day, for machines that are told it.
#pragma once

#include <duet/base/time.hpp>

#include <chrono>

namespace duet::host {

inline std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// What the wall clock says at Instant{}, if `now` is the present.
inline std::chrono::sys_seconds wall_clock_at_zero(Instant now) {
  const auto wall = std::chrono::system_clock::now() - now.time_since_epoch();
  return std::chrono::floor<std::chrono::seconds>(wall);
}

}  // namespace duet::host
