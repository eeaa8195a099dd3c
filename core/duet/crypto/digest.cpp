// SPDX-License-Identifier: MIT
// Digests and the ways to write them down.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/crypto/digest.hpp>

#include <openssl/evp.h>

namespace duet::crypto {

Sha256 sha256(std::span<const std::byte> bytes) {
  Sha256 digest{};
  std::size_t size = 0;
  const int done = EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(),
                                reinterpret_cast<unsigned char*>(digest.data()), &size);
  DUET_CHECK(done == 1 && size == digest.size());
  return digest;
}

Sha256 sha256(std::string_view text) { return sha256(as_bytes(text)); }

std::vector<std::byte> digest(HashAlgorithm algorithm, std::span<const std::byte> bytes) {
  const char* name = algorithm == HashAlgorithm::Sha256   ? "SHA256"
                     : algorithm == HashAlgorithm::Sha384 ? "SHA384"
                                                          : "SHA512";
  std::vector<std::byte> digest(digest_size(algorithm));
  std::size_t size = 0;
  const int done = EVP_Q_digest(nullptr, name, nullptr, bytes.data(), bytes.size(),
                                reinterpret_cast<unsigned char*>(digest.data()), &size);
  DUET_CHECK(done == 1 && size == digest.size());
  return digest;
}

std::string hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    text += kDigits[std::to_integer<std::size_t>(b >> 4)];
    text += kDigits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return text;
}

std::string fingerprint(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(bytes.size() * 3);
  for (const std::byte b : bytes) {
    if (!text.empty()) text += ':';
    text += kDigits[std::to_integer<std::size_t>(b >> 4)];
    text += kDigits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return text;
}

}  // namespace duet::crypto
