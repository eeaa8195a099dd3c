// SPDX-License-Identifier: MIT
// Types for numbers that must not be mixed up.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace duet {

/// A number with a meaning: `using Ssrc = Strong<struct SsrcTag, std::uint32_t>`. It compares and
/// hashes, and neither adds nor converts.
template <class Tag, class T>
class Strong {
 public:
  constexpr Strong() = default;

  constexpr explicit Strong(T value) : value_{value} {}

  constexpr T value() const { return value_; }

  friend constexpr auto operator<=>(Strong, Strong) = default;

 private:
  T value_{};
};

}  // namespace duet

template <class Tag, class T>
struct std::hash<duet::Strong<Tag, T>> {
  std::size_t operator()(duet::Strong<Tag, T> value) const noexcept {
    return std::hash<T>{}(value.value());
  }
};
