// SPDX-License-Identifier: MIT
// Bytes that are wiped when nobody needs them any more.
#pragma once

#include <duet/base/check.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace duet::crypto {

/// Overwrites with zeros in a way that no optimiser leaves out.
void wipe(std::span<std::byte> bytes);

/// At most `Capacity` secret bytes in place, on no heap. Moving empties the one moved from; nothing
/// is left behind in either.
template <std::size_t Capacity>
class Secret {
 public:
  Secret() = default;

  explicit Secret(std::span<const std::byte> bytes) : size_{bytes.size()} {
    DUET_CHECK(bytes.size() <= Capacity);
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }

  /// `size` zeros, to be filled through writable().
  static Secret of_size(std::size_t size) {
    DUET_CHECK(size <= Capacity);
    Secret secret;
    secret.size_ = size;
    return secret;
  }

  Secret(Secret&& other) noexcept : bytes_{other.bytes_}, size_{other.size_} { other.clear(); }

  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    bytes_ = other.bytes_;
    size_ = other.size_;
    other.clear();
    return *this;
  }

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  ~Secret() { clear(); }

  std::span<const std::byte> bytes() const { return std::span{bytes_}.first(size_); }

  std::span<std::byte> writable() { return std::span{bytes_}.first(size_); }

  void clear() {
    wipe(bytes_);
    size_ = 0;
  }

 private:
  std::array<std::byte, Capacity> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace duet::crypto
