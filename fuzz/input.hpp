// SPDX-License-Identifier: MIT
// The fuzzer's bytes as a tape that a target reads its choices from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace duet::fuzz {

/// Read past its end, it says zeros.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_{data, size} {}

  bool empty() const { return bytes_.empty(); }

  std::uint8_t next() {
    if (empty()) return 0;
    const std::uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }

  /// As many as are left, if those are fewer.
  std::vector<std::byte> take(std::size_t size) {
    size = std::min(size, bytes_.size());
    const auto taken = std::as_bytes(bytes_.first(size));
    bytes_ = bytes_.subspan(size);
    return {taken.begin(), taken.end()};
  }

  /// The same as text.
  std::string text(std::size_t size) {
    size = std::min(size, bytes_.size());
    std::string taken{bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size)};
    bytes_ = bytes_.subspan(size);
    return taken;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace duet::fuzz
