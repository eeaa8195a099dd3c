// SPDX-License-Identifier: MIT
// Nonces that the server need not remember.
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/turn/nonce.hpp>

#include <cstdint>
#include <cstring>

namespace duet::turn {
namespace {

std::uint32_t second_of(Instant now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

}  // namespace

NonceMaker::NonceMaker(Random& random, stun::SecurityFeatures features, Duration lifetime)
    : prefix_{stun::nonce_prefix(features)}, lifetime_{lifetime} {
  random.fill(key_);
}

NonceMaker::Body NonceMaker::body(std::uint32_t second, const Endpoint& client) const {
  std::array<std::byte, 23> covered{};
  std::memcpy(covered.data(), &second, 4);
  std::memcpy(covered.data() + 4, client.address.bytes().data(), 16);
  covered[20] = std::byte{client.address.is_v4()};
  std::memcpy(covered.data() + 21, &client.port, 2);
  const crypto::Sha256 mac = crypto::hmac_sha256(key_, covered);
  Body body{};
  std::memcpy(body.data(), covered.data(), 4);
  std::memcpy(body.data() + 4, mac.data(), 12);
  return body;
}

std::string NonceMaker::make(Instant now, const Endpoint& client) const {
  return prefix_ + base64url_encode(body(second_of(now), client));
}

bool NonceMaker::is_fresh(std::string_view nonce, Instant now, const Endpoint& client) const {
  if (!nonce.starts_with(prefix_)) return false;
  const auto bytes = base64url_decode(nonce.substr(prefix_.size()));
  if (!bytes || bytes->size() != Body{}.size()) return false;
  std::uint32_t second = 0;
  std::memcpy(&second, bytes->data(), 4);
  // Unsigned: a time that has not come yet is as far away as can be.
  const std::uint32_t age = second_of(now) - second;
  if (std::chrono::seconds{age} >= lifetime_) return false;
  return crypto::equal_in_constant_time(*bytes, body(second, client));
}

}  // namespace duet::turn
