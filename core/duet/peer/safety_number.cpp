// SPDX-License-Identifier: MIT
// Fingerprints to digits.
#include <duet/base/ascii.hpp>
#include <duet/crypto/digest.hpp>
#include <duet/peer/safety_number.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

namespace duet::peer {
namespace {

constexpr std::string_view kLabel = "duet safety number v1\n";

/// "sha-256 0A1B...": the hash's name in lower case, the digits in upper case without colons.
std::string normal(std::string_view fingerprint) {
  const auto space = fingerprint.find(' ');
  std::string out = to_lower(fingerprint.substr(0, space));
  if (space == std::string_view::npos) return out;
  out += ' ';
  for (const char c : fingerprint.substr(space + 1)) {
    if (c == ':') continue;
    out += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

}  // namespace

SafetyNumber safety_number(std::string_view one, std::string_view other) {
  std::string lower = normal(one);
  std::string higher = normal(other);
  if (higher < lower) std::swap(lower, higher);
  const std::string text = std::string{kLabel} + lower + '\n' + higher + '\n';
  const auto hash = crypto::digest(crypto::HashAlgorithm::Sha512, std::as_bytes(std::span{text}));
  SafetyNumber groups;
  constexpr std::size_t kBytes = 5;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::uint64_t value = 0;
    for (std::size_t at = i * kBytes; at < (i + 1) * kBytes; ++at) {
      value = value << 8 | std::to_integer<std::uint64_t>(hash[at]);
    }
    std::string digits = std::to_string(value % 100'000);
    groups[i] = std::string(kBytes - digits.size(), '0') + digits;
  }
  return groups;
}

}  // namespace duet::peer
