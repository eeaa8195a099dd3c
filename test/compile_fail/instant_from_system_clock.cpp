// SPDX-License-Identifier: MIT
// An Instant is not made of the wall clock.
#include <duet/base/time.hpp>

#ifdef RIGHT
duet::Instant later(duet::Instant now) { return now + duet::Duration{1}; }
#else
duet::Instant later(std::chrono::system_clock::time_point now) { return now; }
#endif
