// SPDX-License-Identifier: MIT
// The time that OpenSSL sees in tests: gettimeofday() by which it times DTLS retransmissions.
#pragma once

#include <duet/base/time.hpp>

#include <optional>

namespace duet::sim {

/// While one lives, gettimeofday() on this thread tells its time instead of the system's: libssl
/// imports the symbol, and the program that links this defines it. Every other clock goes on.
class VirtualClock {
 public:
  explicit VirtualClock(Instant now);
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;
  ~VirtualClock();

  static void set(Instant now);

 private:
  std::optional<Instant> outer_;
};

}  // namespace duet::sim
