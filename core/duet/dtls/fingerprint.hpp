// SPDX-License-Identifier: MIT
// The hash of a certificate by which descriptions name who may answer (RFC 8122).
#pragma once

#include <duet/crypto/digest.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::dtls {

/// One a=fingerprint. The hash functions are those that are safe today: SHA-256, SHA-384, SHA-512.
struct Fingerprint {
  crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::Sha256;
  std::vector<std::byte> bytes;  ///< crypto::digest_size(algorithm) of them

  static Fingerprint of(crypto::HashAlgorithm algorithm, std::span<const std::byte> certificate);

  /// The attribute's value, "sha-256 AB:CD:..." (RFC 8122 §5). Case does not matter. Nothing for a
  /// hash function that is not one of these, SHA-1 and MD5 among them, or of another length.
  static std::optional<Fingerprint> parse(std::string_view value);

  /// The same from its two halves.
  static std::optional<Fingerprint> parse(std::string_view hash_function, std::string_view hex);

  /// "sha-256"
  std::string_view hash_function() const;

  /// "AB:CD:..."
  std::string hex() const;

  /// "sha-256 AB:CD:..."
  std::string serialize() const;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Whether a certificate is one that these fingerprints name. Of several hash functions the longest
/// one that is there counts and the others don't (RFC 8122 §5.1); with none, no certificate is
/// named. Takes a time that says nothing about where bytes differ.
bool matches(std::span<const Fingerprint> fingerprints, std::span<const std::byte> certificate);

}  // namespace duet::dtls
