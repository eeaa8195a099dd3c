// SPDX-License-Identifier: MIT
// Keys out of names and passwords, and what a nonce says about the server (RFC 8489 §9).
#pragma once

#include <duet/crypto/digest.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::stun {

/// RFC 8489 §18.5.
enum class PasswordAlgorithm : std::uint16_t { Md5 = 1, Sha256 = 2 };

/// The key of a long-term credential: 16 bytes by MD5, 32 by SHA-256.
class LongTermKey {
 public:
  LongTermKey() = default;

  /// RFC 8489 §18.5.1. `password` and `realm` are taken as they are: who reads them from people
  /// prepares them (RFC 8265 §4).
  LongTermKey(PasswordAlgorithm algorithm, std::string_view username, std::string_view realm,
              std::string_view password);

  std::span<const std::byte> bytes() const { return std::span{bytes_}.first(size_); }

 private:
  std::array<std::byte, 32> bytes_{};
  std::uint8_t size_ = 0;
};

/// The value of USERHASH: SHA-256 of "username:realm" (RFC 8489 §14.4).
crypto::Sha256 userhash(std::string_view username, std::string_view realm);

/// The value of PASSWORD-ALGORITHMS of a server that takes both, the better one first
/// (RFC 8489 §14.11).
inline constexpr std::array<std::byte, 8> kBothAlgorithms = {
    std::byte{0}, std::byte{2}, std::byte{0}, std::byte{0},
    std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}};

/// The algorithm in the value of PASSWORD-ALGORITHM (RFC 8489 §14.12); nothing if it is malformed
/// or unknown.
std::optional<PasswordAlgorithm> parse_password_algorithm(std::span<const std::byte> value);

/// The value of PASSWORD-ALGORITHM.
std::array<std::byte, 4> serialize_password_algorithm(PasswordAlgorithm algorithm);

/// The first algorithm of a list that we know (RFC 8489 §14.11: in order of preference); nothing if
/// there is none or the list is malformed.
std::optional<PasswordAlgorithm> choose_password_algorithm(std::span<const std::byte> list);

/// What a server says it can do, in the nonce, where an attacker in between can't take it out
/// without changing the nonce (RFC 8489 §9.2, §18.1).
struct SecurityFeatures {
  bool password_algorithms = false;  // bit 0, the leftmost of 24
  bool username_anonymity = false;   // bit 1

  friend bool operator==(const SecurityFeatures&, const SecurityFeatures&) = default;
};

inline constexpr std::string_view kNonceCookie = "obMatJos2";  // RFC 8489 §9.2

/// The 13 characters that such a nonce begins with.
std::string nonce_prefix(SecurityFeatures features);

/// What a nonce says; nothing if it doesn't begin with the cookie.
std::optional<SecurityFeatures> nonce_features(std::string_view nonce);

}  // namespace duet::stun
