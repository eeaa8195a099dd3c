// SPDX-License-Identifier: MIT
// Private keys as values.
#pragma once

#include <duet/base/result.hpp>
#include <duet/crypto/digest.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace duet::crypto {

/// Why text was not a private key.
enum class KeyError : std::uint8_t {
  NoKey,      ///< no PEM block of a private key, or one that OpenSSL can't read
  Encrypted,  ///< it asks for a passphrase; there is nobody to ask
};

/// A private key. It never changes, so copies share it.
class PrivateKey {
 public:
  /// A new key on the curve P-256 (FIPS 186-4 §D.1.2.3), random from OpenSSL.
  static PrivateKey generate_p256();

  /// The first private key in PEM text (RFC 7468 §10), of any kind that OpenSSL knows. Never asks
  /// for a passphrase.
  static Result<PrivateKey, KeyError> from_pem(std::string_view text);

  /// PKCS #8 in PEM, unencrypted: for a file with mode 0600, and for nothing else.
  std::string to_pem() const;

  /// SHA-256 of the public half (SubjectPublicKeyInfo): tells keys apart and gives nothing away.
  Sha256 public_digest() const;

  evp_pkey_st* native() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_{std::move(key)} {}

  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace duet::crypto
