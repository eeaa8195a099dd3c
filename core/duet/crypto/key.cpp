// SPDX-License-Identifier: MIT
// Private keys as values.
#include <duet/base/check.hpp>
#include <duet/crypto/key.hpp>
#include <duet/crypto/openssl.hpp>

#include <openssl/ec.h>

namespace duet::crypto {

namespace {

// OpenSSL's own callback would ask on the terminal of a server that nobody watches.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

}  // namespace

PrivateKey PrivateKey::generate_p256() {
  EvpPkeyPtr key{EVP_EC_gen("P-256")};
  DUET_CHECK(key);
  return PrivateKey{std::move(key)};
}

Result<PrivateKey, KeyError> PrivateKey::from_pem(std::string_view text) {
  const ErrorScope errors;
  const BioPtr bio = reader(text);
  bool asked = false;
  EvpPkeyPtr key{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked)
                     : nullptr};
  if (!key) return fail(asked ? KeyError::Encrypted : KeyError::NoKey);
  return PrivateKey{std::move(key)};
}

std::string PrivateKey::to_pem() const {
  // Secure memory is wiped when freed.
  const BioPtr bio{BIO_new(BIO_s_secmem())};
  DUET_CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0,
                                                  nullptr, nullptr) == 1);
  return written(bio.get());
}

Sha256 PrivateKey::public_digest() const {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  DUET_CHECK(bio && i2d_PUBKEY_bio(bio.get(), key_.get()) == 1);
  return sha256(written(bio.get()));
}

}  // namespace duet::crypto
