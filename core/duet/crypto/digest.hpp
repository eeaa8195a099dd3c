// SPDX-License-Identifier: MIT
// Digests and the ways to write them down.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::crypto {

/// The digests that certificates are told apart by; SHA-1 and MD5 are none of them any more.
enum class HashAlgorithm : std::uint8_t { Sha256, Sha384, Sha512 };

/// 32, 48 or 64.
constexpr std::size_t digest_size(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::Sha256 ? 32 : algorithm == HashAlgorithm::Sha384 ? 48 : 64;
}

using Sha256 = std::array<std::byte, 32>;

/// FIPS 180-4 §6.2.
Sha256 sha256(std::span<const std::byte> bytes);
Sha256 sha256(std::string_view text);

/// FIPS 180-4 §6.2, §6.5, §6.4. digest_size() bytes.
std::vector<std::byte> digest(HashAlgorithm algorithm, std::span<const std::byte> bytes);

/// Lower case, two digits a byte: "0a1b".
std::string hex(std::span<const std::byte> bytes);

/// Upper case with colons, as certificate dialogs and SDP write it (RFC 8122 §5): "0A:1B".
std::string fingerprint(std::span<const std::byte> bytes);

}  // namespace duet::crypto
