// SPDX-License-Identifier: MIT
// Who may use the relay.
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/turn/credentials.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace duet::turn {
namespace {

std::string password_of(std::string_view secret, std::string_view username) {
  std::string password;
  base64_append(password, crypto::hmac_sha1(as_bytes(secret), as_bytes(username)));
  return password;
}

/// The Unix seconds that a name begins with, up to its end or a colon.
std::optional<std::chrono::sys_seconds> expiry_of(std::string_view username) {
  const std::string_view digits = username.substr(0, username.find(':'));
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

}  // namespace

Credential make_time_limited(std::string_view secret, std::string_view seat,
                             std::chrono::sys_seconds expiry) {
  Credential credential;
  credential.username = std::to_string(expiry.time_since_epoch().count());
  if (!seat.empty()) credential.username.append(1, ':').append(seat);
  credential.password = password_of(secret, credential.username);
  return credential;
}

Credentials::Credentials(std::string realm, std::vector<Credential> fixed,
                         std::vector<std::string> secrets)
    : realm_{std::move(realm)}, secrets_{std::move(secrets)} {
  fixed_.reserve(fixed.size());
  for (Credential& credential : fixed) {
    const crypto::Sha256 hash = stun::userhash(credential.username, realm_);
    fixed_.push_back({std::move(credential), hash});
  }
}

std::vector<std::string> Credentials::passwords(std::string_view username,
                                                std::chrono::sys_seconds now) const {
  std::vector<std::string> found;
  for (const Fixed& fixed : fixed_) {
    if (fixed.credential.username == username) found.push_back(fixed.credential.password);
  }
  const auto expiry = expiry_of(username);
  if (!expiry || *expiry <= now) return found;
  for (const std::string& secret : secrets_) found.push_back(password_of(secret, username));
  return found;
}

std::optional<std::string_view> Credentials::find_userhash(std::span<const std::byte> hash) const {
  for (const Fixed& fixed : fixed_) {
    if (std::equal(hash.begin(), hash.end(), fixed.userhash.begin(), fixed.userhash.end())) {
      return fixed.credential.username;
    }
  }
  return std::nullopt;
}

std::string_view Credentials::user_of(std::string_view username) {
  const std::size_t colon = username.find(':');
  if (colon == std::string_view::npos || !expiry_of(username)) return username;
  return username.substr(colon + 1);
}

}  // namespace duet::turn
