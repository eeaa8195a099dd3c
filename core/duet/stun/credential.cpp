// SPDX-License-Identifier: MIT
// Keys and nonces of STUN's long-term credentials.
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/stun/credential.hpp>

#include <cstring>

namespace duet::stun {
namespace {

std::string joined(std::string_view a, std::string_view b) {
  std::string text;
  text.reserve(a.size() + b.size() + 1);
  text.append(a).append(1, ':').append(b);
  return text;
}

bool is_known(std::uint16_t number) { return number == 1 || number == 2; }

}  // namespace

LongTermKey::LongTermKey(PasswordAlgorithm algorithm, std::string_view username,
                         std::string_view realm, std::string_view password) {
  const std::string text = joined(joined(username, realm), password);
  if (algorithm == PasswordAlgorithm::Sha256) {
    bytes_ = crypto::sha256(text);
    size_ = 32;
    return;
  }
  const crypto::Md5 digest = crypto::md5(as_bytes(text));
  std::memcpy(bytes_.data(), digest.data(), digest.size());
  size_ = 16;
}

crypto::Sha256 userhash(std::string_view username, std::string_view realm) {
  return crypto::sha256(joined(username, realm));
}

std::optional<PasswordAlgorithm> parse_password_algorithm(std::span<const std::byte> value) {
  ByteReader in{value};
  const std::uint16_t number = in.u16();
  const std::uint16_t parameters = in.u16();
  if (!in.ok() || parameters != 0 || !in.empty() || !is_known(number)) return std::nullopt;
  return static_cast<PasswordAlgorithm>(number);
}

std::array<std::byte, 4> serialize_password_algorithm(PasswordAlgorithm algorithm) {
  return {std::byte{0}, static_cast<std::byte>(algorithm), std::byte{0}, std::byte{0}};
}

std::optional<PasswordAlgorithm> choose_password_algorithm(std::span<const std::byte> list) {
  std::optional<PasswordAlgorithm> chosen;
  ByteReader in{list};
  while (!in.empty()) {
    const std::uint16_t number = in.u16();
    const std::uint16_t parameters = in.u16();
    in.bytes((parameters + 3u) & ~3u);
    if (!in.ok()) return std::nullopt;
    if (!chosen && parameters == 0 && is_known(number)) {
      chosen = static_cast<PasswordAlgorithm>(number);
    }
  }
  return chosen;
}

std::string nonce_prefix(SecurityFeatures features) {
  std::array<std::byte, 3> bits{};
  if (features.password_algorithms) bits[0] |= std::byte{0x80};
  if (features.username_anonymity) bits[0] |= std::byte{0x40};
  std::string text{kNonceCookie};
  base64_append(text, bits);
  return text;
}

std::optional<SecurityFeatures> nonce_features(std::string_view nonce) {
  if (!nonce.starts_with(kNonceCookie) || nonce.size() < kNonceCookie.size() + 4) {
    return std::nullopt;
  }
  const auto bits = base64_decode(nonce.substr(kNonceCookie.size(), 4));
  if (!bits || bits->size() != 3) return std::nullopt;
  return SecurityFeatures{
      .password_algorithms = ((*bits)[0] & std::byte{0x80}) != std::byte{0},
      .username_anonymity = ((*bits)[0] & std::byte{0x40}) != std::byte{0},
  };
}

}  // namespace duet::stun
