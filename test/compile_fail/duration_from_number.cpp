// SPDX-License-Identifier: MIT
// A duration has a unit.
#include <duet/base/time.hpp>

using namespace std::chrono_literals;

#ifdef RIGHT
duet::Duration timeout() { return 30s; }
#else
duet::Duration timeout() { return 30; }
#endif
