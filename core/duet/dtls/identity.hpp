// SPDX-License-Identifier: MIT
// Who we are to the peers of our connections: a certificate and its key.
#pragma once

#include <duet/crypto/certificate.hpp>
#include <duet/crypto/key.hpp>
#include <duet/dtls/fingerprint.hpp>

#include <chrono>
#include <memory>

struct bio_method_st;  // OpenSSL's BIO_METHOD
struct ssl_ctx_st;     // OpenSSL's SSL_CTX

namespace duet::dtls {

/// A certificate with its key, and what OpenSSL makes of them once for all connections that use it.
/// Never changes, so connections share it, on any number of threads.
class Identity {
 public:
  /// W3C webrtc #dom-rtcpeerconnection-generatecertificate: how long a certificate lasts by
  /// default.
  static constexpr std::chrono::days kLifetime{30};

  /// A new key on P-256 and a certificate of its own (RFC 8827 §6.5). Takes about 0.3 ms: make it
  /// before a call needs it, or once for many.
  static std::shared_ptr<const Identity> generate(crypto::UnixTime now);

  /// @param certificate  one about `key`
  Identity(crypto::Certificate certificate, const crypto::PrivateKey& key);

  Fingerprint fingerprint(crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::Sha256) const;

  const crypto::Certificate& certificate() const { return certificate_; }

  ssl_ctx_st* context() const { return context_.get(); }

  bio_method_st* datagrams() const { return datagrams_.get(); }

 private:
  crypto::Certificate certificate_;
  std::shared_ptr<ssl_ctx_st> context_;
  std::shared_ptr<bio_method_st> datagrams_;
};

}  // namespace duet::dtls
