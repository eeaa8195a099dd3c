// SPDX-License-Identifier: MIT
// Nonces that the server need not remember.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/stun/credential.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace duet::turn {

/// Makes and checks nonces (RFC 8489 §9.2, §16.1.2): the time they were made and a MAC over it and
/// the client's address, so that a captured request is worth nothing from elsewhere or much later.
class NonceMaker {
 public:
  NonceMaker(Random& random, stun::SecurityFeatures features, Duration lifetime);

  /// 35 characters.
  std::string make(Instant now, const Endpoint& client) const;

  /// Whether it is ours, this client's, and not too old.
  bool is_fresh(std::string_view nonce, Instant now, const Endpoint& client) const;

 private:
  using Body = std::array<std::byte, 16>;  // 4 of time, 12 of the MAC

  Body body(std::uint32_t second, const Endpoint& client) const;

  std::array<std::byte, 32> key_{};
  std::string prefix_;
  Duration lifetime_;
};

}  // namespace duet::turn
