// SPDX-License-Identifier: MIT
// Time as the core sees it: given from outside, never read.
#pragma once

#include <chrono>

namespace duet {

using namespace std::chrono_literals;

/// The time line of the core. It has no now(): only the shell makes Instants.
struct MonotonicClock {
  using rep = std::chrono::microseconds::rep;
  using period = std::chrono::microseconds::period;
  using duration = std::chrono::microseconds;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = MonotonicClock::duration;
using Instant = MonotonicClock::time_point;

/// Whole microseconds, towards zero.
constexpr Duration scaled(Duration span, double by) {
  return Duration{static_cast<Duration::rep>(static_cast<double>(span.count()) * by)};
}

}  // namespace duet
