// SPDX-License-Identifier: MIT
// A value or the reason there is none.
#pragma once

#include <tl/expected.hpp>

#include <utility>

namespace duet {

/// Used through what tl::expected shares with C++23 std::expected.
template <class T, class E>
using Result = tl::expected<T, E>;

/// return fail(ParseError::Truncated);
template <class E>
constexpr auto fail(E&& error) {
  return tl::make_unexpected(std::forward<E>(error));
}

}  // namespace duet
