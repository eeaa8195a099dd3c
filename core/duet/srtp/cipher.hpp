// SPDX-License-Identifier: MIT
// OpenSSL's ciphers as SRTP uses them: keyed once, a new IV for each packet, nothing allocated. No
// public header includes this one.
#pragma once

#include <duet/crypto/handle.hpp>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <span>

namespace duet::srtp {

inline constexpr std::size_t kBlockSize = 16;   // AES
inline constexpr std::size_t kNonceSize = 12;   // RFC 7714 §8.1
inline constexpr std::size_t kGcmTagSize = 16;  // RFC 7714 §13.1

using CipherPtr = crypto::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

/// AES in counter mode (RFC 3711 §4.1.1).
class CounterMode {
 public:
  /// @param key  16 or 32 bytes
  explicit CounterMode(std::span<const std::byte> key);

  /// Encrypts or decrypts in place; both are the same.
  void apply(const std::array<std::byte, kBlockSize>& iv, std::span<std::byte> bytes);

 private:
  CipherPtr context_;
};

enum class Direction : bool { Seal, Open };

/// AES-GCM in one direction. What is authenticated but not encrypted comes in two parts.
class Gcm {
 public:
  using Nonce = std::array<std::byte, kNonceSize>;

  /// @param key  16 or 32 bytes
  Gcm(std::span<const std::byte> key, Direction direction);

  /// @param tag  kGcmTagSize bytes
  void seal(const Nonce& nonce, std::span<const std::byte> head, std::span<const std::byte> tail,
            std::span<std::byte> bytes, std::span<std::byte> tag);

  /// False when the tag is wrong: then `bytes` are of no use any more.
  bool open(const Nonce& nonce, std::span<const std::byte> head, std::span<const std::byte> tail,
            std::span<std::byte> bytes, std::span<const std::byte> tag);

 private:
  void begin(const Nonce& nonce, std::span<const std::byte> head, std::span<const std::byte> tail,
             std::span<std::byte> bytes);

  CipherPtr context_;
};

/// HMAC-SHA1 whose two keyed first blocks were digested beforehand (RFC 2104 §4). Wipes itself.
///
/// By SHA-1's plain functions, which OpenSSL 3 calls deprecated: its EVP_MAC allocates for every
/// message and costs half a microsecond more.
class HmacSha1 {
 public:
  /// @param key  at most 64 bytes
  explicit HmacSha1(std::span<const std::byte> key);
  HmacSha1(const HmacSha1&) = delete;
  HmacSha1& operator=(const HmacSha1&) = delete;
  ~HmacSha1();

  /// Of `head` followed by `tail`.
  std::array<std::byte, SHA_DIGEST_LENGTH> digest(std::span<const std::byte> head,
                                                  std::span<const std::byte> tail) const;

 private:
  SHA_CTX inner_{};
  SHA_CTX outer_{};
};

}  // namespace duet::srtp
