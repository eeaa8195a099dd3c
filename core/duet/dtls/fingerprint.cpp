// SPDX-License-Identifier: MIT
// The hash of a certificate by which descriptions name who may answer.
#include <duet/base/ascii.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/dtls/fingerprint.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::dtls {

namespace {

using crypto::HashAlgorithm;

constexpr std::array<std::pair<std::string_view, HashAlgorithm>, 3> kNames = {
    {{"sha-256", HashAlgorithm::Sha256},
     {"sha-384", HashAlgorithm::Sha384},
     {"sha-512", HashAlgorithm::Sha512}}};

std::optional<HashAlgorithm> find(std::string_view name) {
  for (const auto& [known, algorithm] : kNames) {
    if (equal_ignoring_case(known, name)) return algorithm;
  }
  return std::nullopt;
}

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const auto lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

}  // namespace

Fingerprint Fingerprint::of(HashAlgorithm algorithm, std::span<const std::byte> certificate) {
  return {algorithm, crypto::digest(algorithm, certificate)};
}

std::optional<Fingerprint> Fingerprint::parse(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return parse(value.substr(0, space), value.substr(space + 1));
}

std::optional<Fingerprint> Fingerprint::parse(std::string_view hash_function,
                                              std::string_view hex) {
  const auto algorithm = find(hash_function);
  if (!algorithm || hex.size() != crypto::digest_size(*algorithm) * 3 - 1) return std::nullopt;
  Fingerprint fingerprint{*algorithm, {}};
  fingerprint.bytes.reserve(crypto::digest_size(*algorithm));
  for (std::size_t at = 0; at < hex.size(); at += 3) {
    const auto high = digit(hex[at]);
    const auto low = digit(hex[at + 1]);
    if (!high || !low || (at + 2 < hex.size() && hex[at + 2] != ':')) return std::nullopt;
    fingerprint.bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
  }
  return fingerprint;
}

std::string_view Fingerprint::hash_function() const {
  return kNames[static_cast<std::size_t>(algorithm)].first;
}

std::string Fingerprint::hex() const { return crypto::fingerprint(bytes); }

std::string Fingerprint::serialize() const {
  return std::string{hash_function()} + ' ' + crypto::fingerprint(bytes);
}

bool matches(std::span<const Fingerprint> fingerprints, std::span<const std::byte> certificate) {
  if (fingerprints.empty()) return false;
  const auto shorter = [](const Fingerprint& a, const Fingerprint& b) {
    return a.algorithm < b.algorithm;
  };
  const HashAlgorithm longest =
      std::max_element(fingerprints.begin(), fingerprints.end(), shorter)->algorithm;
  const auto digest = crypto::digest(longest, certificate);
  return std::any_of(fingerprints.begin(), fingerprints.end(), [&](const Fingerprint& named) {
    return named.algorithm == longest && crypto::equal_in_constant_time(named.bytes, digest);
  });
}

}  // namespace duet::dtls
