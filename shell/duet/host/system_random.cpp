// SPDX-License-Identifier: MIT
// The operating system's randomness for the core.
#include <duet/base/check.hpp>
#include <duet/host/system_random.hpp>

#include <string.h>
#include <sys/random.h>

#include <algorithm>

namespace duet::host {

SystemRandom::~SystemRandom() { ::explicit_bzero(block_.data(), block_.size()); }

void SystemRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    if (used_ == block_.size()) {
      // Up to 256 bytes come whole and uninterrupted (getrandom(2)).
      DUET_CHECK(::getrandom(block_.data(), block_.size(), 0) ==
                 static_cast<ssize_t>(block_.size()));
      used_ = 0;
    }
    const std::size_t count = std::min(out.size(), block_.size() - used_);
    const auto begin = block_.begin() + static_cast<std::ptrdiff_t>(used_);
    std::copy_n(begin, count, out.begin());
    std::fill_n(begin, count, std::byte{0});  // what was given out is kept by nobody
    used_ += count;
    out = out.subspan(count);
  }
}

}  // namespace duet::host
