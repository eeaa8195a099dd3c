// SPDX-License-Identifier: MIT
// The operating system's randomness for the core.
#pragma once

#include <duet/base/random.hpp>

#include <array>

namespace duet::host {

/// Fit for secrets. Draws from the kernel in blocks, since a call for each session id would cost
/// more than the id.
class SystemRandom final : public Random {
 public:
  SystemRandom() = default;
  ~SystemRandom() override;

  void fill(std::span<std::byte> out) override;

 private:
  std::array<std::byte, 256> block_{};
  std::size_t used_ = sizeof(block_);
};

}  // namespace duet::host
