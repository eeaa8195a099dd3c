// SPDX-License-Identifier: MIT
// Rates per source address in memory that never grows.
#pragma once

#include <duet/base/time.hpp>
#include <duet/turn/path.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace duet::turn {

/// Token buckets for all addresses of the world in 128 KB: an address has two places that a keyed
/// hash chooses, and is let through while either has a token. Who shares both with somebody shares
/// the rate; a flood from ever new addresses takes nothing but these places.
class SourceLimit {
 public:
  /// @param per_second  tokens that come back; 0 for no limit
  /// @param burst       tokens that are there at the start
  SourceLimit(double per_second, double burst, std::uint64_t k0, std::uint64_t k1);

  /// Takes a token of this address (of IPv6, its /64); false if there is none.
  bool take(Instant now, const IpAddress& source);

  /// Whether there is one, without taking it.
  bool has(Instant now, const IpAddress& source) const;

 private:
  static constexpr std::size_t kPlaces = 16384;

  struct Bucket {
    float used = 0;  // tokens taken and not come back
    std::uint32_t at_ms = 0;
  };

  static_assert(sizeof(Bucket) == 8);

  std::array<std::size_t, 2> places(const IpAddress& source) const;
  float used(const Bucket& bucket, std::uint32_t now_ms) const;

  double per_second_;
  double burst_;
  AddressHash hash_;
  std::vector<Bucket> buckets_;
};

}  // namespace duet::turn
