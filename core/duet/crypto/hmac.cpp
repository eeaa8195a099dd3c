// SPDX-License-Identifier: MIT
// Keyed digests by OpenSSL.
#include <duet/base/check.hpp>
#include <duet/crypto/hmac.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <climits>

namespace duet::crypto {
namespace {

template <std::size_t Size>
std::array<std::byte, Size> hmac(const EVP_MD* digest, std::span<const std::byte> key,
                                 std::span<const std::byte> bytes) {
  // OpenSSL takes a null key for "the one of last time", an empty one must point somewhere.
  static constexpr std::byte kNothing{};
  std::array<std::byte, Size> mac{};
  unsigned size = 0;
  DUET_CHECK(key.size() <= INT_MAX);
  const auto* made =
      HMAC(digest, key.empty() ? &kNothing : key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size);
  DUET_CHECK(made != nullptr && size == mac.size());
  return mac;
}

}  // namespace

Sha1 hmac_sha1(std::span<const std::byte> key, std::span<const std::byte> bytes) {
  return hmac<20>(EVP_sha1(), key, bytes);
}

Sha256 hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> bytes) {
  return hmac<32>(EVP_sha256(), key, bytes);
}

Md5 md5(std::span<const std::byte> bytes) {
  Md5 digest{};
  std::size_t size = 0;
  const int done = EVP_Q_digest(nullptr, "MD5", nullptr, bytes.data(), bytes.size(),
                                reinterpret_cast<unsigned char*>(digest.data()), &size);
  DUET_CHECK(done == 1 && size == digest.size());
  return digest;
}

bool equal_in_constant_time(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace duet::crypto
