// SPDX-License-Identifier: MIT
// A keyed hash for tables whose keys strangers choose.
#pragma once

#include <cstdint>
#include <string_view>

namespace duet {

/// SipHash-1-3 of `text` (Aumasson, Bernstein 2012): who does not know the key can't make keys of a
/// table collide.
class KeyedHash {
 public:
  using is_transparent = void;

  KeyedHash(std::uint64_t k0, std::uint64_t k1) : k0_{k0}, k1_{k1} {}

  std::size_t operator()(std::string_view text) const noexcept;

 private:
  std::uint64_t k0_;
  std::uint64_t k1_;
};

}  // namespace duet
