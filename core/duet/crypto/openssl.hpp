// SPDX-License-Identifier: MIT
// What the .cpp files of this folder share about OpenSSL; no public header includes it.
#pragma once

#include <duet/crypto/handle.hpp>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <climits>
#include <string>
#include <string_view>

namespace duet::crypto {

using BioPtr = Handle<BIO, BIO_free_all>;
using EvpPkeyPtr = Handle<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = Handle<X509, X509_free>;

/// Drops the errors that happen while it lives: a later SSL_get_error() on this thread must not
/// find them.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }

  ~ErrorScope() { ERR_pop_to_mark(); }

  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

/// A reader over `text`, which must outlive it; null for more than 2 GiB.
inline BioPtr reader(std::string_view text) {
  if (text.size() > INT_MAX) return nullptr;
  return BioPtr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// What was written to a memory BIO.
inline std::string written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
}

}  // namespace duet::crypto
