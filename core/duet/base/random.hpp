// SPDX-License-Identifier: MIT
// Randomness as the core sees it: it comes in from outside, as time does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace duet {

/// A source of randomness. The shell gives the operating system's, tests give a seeded one.
class Random {
 public:
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual ~Random() = default;

  virtual void fill(std::span<std::byte> out) = 0;

  std::uint64_t u64();
};

/// 24 characters of [A-Za-z0-9_-] that carry 144 random bits, the first included: for session ids,
/// tokens and other names that a stranger must not guess.
std::string random_name(Random& random);

/// Repeatable and not secret: for tests and for choices an attacker gains nothing from.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_{seed} {}

  void fill(std::span<std::byte> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace duet
