// SPDX-License-Identifier: MIT
// The state cookie: what an INIT asked for, signed, so that nothing is remembered for who only asks
// (RFC 9260 §5.1.3).
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/sctp/init.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace duet::sctp {

struct StateCookie {
  VerificationTag local_tag;
  Tsn local_initial_tsn;
  VerificationTag local_tie;  // of the association there was when it was made (§5.2.2), or 0
  VerificationTag peer_tie;
  Instant made;
  Init peer;  // without its parameters but the extensions

  friend bool operator==(const StateCookie&, const StateCookie&) = default;
};

/// Makes cookies, and believes only those.
class CookieMaker {
 public:
  static constexpr Duration kLifetime = 60s;  // RFC 9260 §16, Valid.Cookie.Life
  static constexpr std::size_t kSize = 73;

  explicit CookieMaker(Random& random) { random.fill(key_); }

  std::vector<std::byte> make(const StateCookie& cookie) const;

  /// Nothing for what make() did not make. Whether it is too old (kLifetime) the caller sees.
  std::optional<StateCookie> check(std::span<const std::byte> cookie) const;

 private:
  std::array<std::byte, 32> key_{};
};

}  // namespace duet::sctp
