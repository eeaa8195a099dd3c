// SPDX-License-Identifier: MIT
// The time that OpenSSL sees in tests.
#include "virtual_clock.hpp"

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace duet::sim {
namespace {

thread_local std::optional<Instant> the_time;

}  // namespace

VirtualClock::VirtualClock(Instant now) : outer_{the_time} { the_time = now; }

VirtualClock::~VirtualClock() { the_time = outer_; }

void VirtualClock::set(Instant now) { the_time = now; }

}  // namespace duet::sim

extern "C" int gettimeofday(struct timeval* out, void* zone) noexcept {
  using duet::sim::the_time;
  if (!the_time) return static_cast<int>(syscall(SYS_gettimeofday, out, zone));
  // Never 0 s: OpenSSL takes a timer that runs out then for none.
  const auto us = the_time->time_since_epoch().count();
  out->tv_sec = 1'000'000 + us / 1'000'000;
  out->tv_usec = us % 1'000'000;
  return 0;
}
