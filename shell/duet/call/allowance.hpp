// SPDX-License-Identifier: MIT
// How often something may be done that a stranger can cause.
#pragma once

#include <duet/base/time.hpp>

#include <algorithm>

namespace duet::call {

/// So many at once, and from then on one every so often. Honest people never meet the bound.
class Allowance {
 public:
  /// @param at_once  at least 1
  /// @param each     until there is one more
  constexpr Allowance(int at_once, Duration each) : each_{each}, ahead_{each * (at_once - 1)} {}

  /// Takes one, if there is one.
  bool take(Instant now) {
    if (now < next()) return false;
    all_at_ = std::max(all_at_, now) + each_;
    return true;
  }

  /// From when on there is one; perhaps passed.
  Instant next() const { return all_at_ - ahead_; }

 private:
  Duration each_;
  Duration ahead_;
  Instant all_at_{};  // when there will be all of them
};

}  // namespace duet::call
