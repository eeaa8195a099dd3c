// SPDX-License-Identifier: MIT
// The numbers of SCTP that must not be mixed up.
#pragma once

#include <duet/base/strong.hpp>

#include <cstdint>

namespace duet::sctp {

using StreamId = Strong<struct StreamIdTag, std::uint16_t>;
/// Payload protocol identifier: what a message means to who gets it (RFC 9260 §3.3.1).
using Ppid = Strong<struct PpidTag, std::uint32_t>;
using VerificationTag = Strong<struct VerificationTagTag, std::uint32_t>;

/// Transmission sequence number, 32 bits, wrapping (RFC 9260 §1.6). There is no operator<: ask for
/// the signed distance.
class Tsn {
 public:
  constexpr Tsn() = default;

  constexpr explicit Tsn(std::uint32_t value) : value_{value} {}

  constexpr std::uint32_t value() const { return value_; }

  friend constexpr bool operator==(Tsn, Tsn) = default;

  friend constexpr Tsn operator+(Tsn tsn, std::uint32_t count) { return Tsn{tsn.value_ + count}; }

  friend constexpr Tsn operator-(Tsn tsn, std::uint32_t count) { return Tsn{tsn.value_ - count}; }

  /// Steps from `from` to `to`; negative if `to` is older.
  friend constexpr std::int32_t distance(Tsn from, Tsn to) {
    return static_cast<std::int32_t>(to.value_ - from.value_);
  }

 private:
  std::uint32_t value_ = 0;
};

static_assert(distance(Tsn{0xFFFFFFFF}, Tsn{2}) == 3);

}  // namespace duet::sctp
