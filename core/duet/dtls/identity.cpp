// SPDX-License-Identifier: MIT
// Who we are to the peers of our connections.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/crypto/issue.hpp>
#include <duet/dtls/identity.hpp>
#include <duet/dtls/openssl.hpp>

#include <utility>

namespace duet::dtls {

std::shared_ptr<const Identity> Identity::generate(crypto::UnixTime now) {
  const auto key = crypto::PrivateKey::generate_p256();
  // From the day before, for who looks at it on a clock that is late.
  auto certificate = crypto::make_self_signed(now - std::chrono::days{1}, now + kLifetime, key);
  return std::make_shared<const Identity>(std::move(certificate), key);
}

Identity::Identity(crypto::Certificate certificate, const crypto::PrivateKey& key)
    : certificate_{std::move(certificate)},
      context_{make_context(certificate_, key)},
      datagrams_{make_datagram_method()} {}

Fingerprint Identity::fingerprint(crypto::HashAlgorithm algorithm) const {
  return Fingerprint::of(algorithm, as_bytes(certificate_.to_der()));
}

}  // namespace duet::dtls
