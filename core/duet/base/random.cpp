// SPDX-License-Identifier: MIT
// Randomness that comes in from outside.
#include <duet/base/base64.hpp>
#include <duet/base/random.hpp>

#include <algorithm>
#include <array>
#include <bit>

namespace duet {

std::uint64_t Random::u64() {
  std::array<std::byte, 8> bytes{};
  fill(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

std::string random_name(Random& random) {
  std::array<std::byte, 18> bytes{};
  random.fill(bytes);
  return base64url_encode(bytes);
}

void SeededRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    // SplitMix64 (Steele, Lea, Flood 2014).
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    mixed ^= mixed >> 31;
    const auto bytes = std::bit_cast<std::array<std::byte, 8>>(mixed);
    const std::size_t count = std::min(out.size(), bytes.size());
    std::copy_n(bytes.begin(), count, out.begin());
    out = out.subspan(count);
  }
}

}  // namespace duet
