// SPDX-License-Identifier: MIT
// A number that stands for everything that happened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace duet::sim {

/// Changes with every byte that was added, and with their order. Against chance, not against
/// malice: an hour of a call is three gigabytes, and is mixed in a second.
class Digest {
 public:
  void add(std::span<const std::byte> bytes) {
    std::array<std::uint64_t, 4> words{};
    for (; bytes.size() >= sizeof(words); bytes = bytes.subspan(sizeof(words))) {
      std::memcpy(words.data(), bytes.data(), sizeof(words));
      add(words);
    }
    words = {};
    std::memcpy(words.data(), bytes.data(), bytes.size());
    add(words);
    add({bytes.size(), 0, 0, 0});
  }

  std::uint64_t value() const {
    std::uint64_t value = 0;
    for (const std::uint64_t lane : lanes_) value = mix(value, lane);
    return value;
  }

 private:
  static std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
    state = (state ^ word) * 0x9E37'79B9'7F4A'7C15;
    return state ^ state >> 29;
  }

  void add(const std::array<std::uint64_t, 4>& words) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i] = mix(lanes_[i], words[i]);
  }

  std::array<std::uint64_t, 4> lanes_{1, 2, 3, 4};
};

}  // namespace duet::sim
