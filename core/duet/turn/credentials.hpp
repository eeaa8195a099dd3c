// SPDX-License-Identifier: MIT
// Who may use the relay: names with fixed passwords, and names that carry their own end.
#pragma once

#include <duet/stun/credential.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::turn {

inline constexpr std::size_t kMaxUsername = 508;  // RFC 8489 §14.3: fewer than 509 bytes

struct Credential {
  std::string username;
  std::string password;

  friend bool operator==(const Credential&, const Credential&) = default;
};

/// A credential that ends by itself: the name is "timestamp:seat", the timestamp in Unix seconds,
/// the password the base64 of HMAC-SHA1 over the name
/// (draft-uberti-behave-turn-rest-00 §2.2). Every server that knows the secret takes it.
Credential make_time_limited(std::string_view secret, std::string_view seat,
                             std::chrono::sys_seconds expiry);

/// The names that a server takes.
class Credentials {
 public:
  /// @param realm    said to clients, and part of their keys
  /// @param fixed    names that never end
  /// @param secrets  of time-limited names; several while one replaces another
  Credentials(std::string realm, std::vector<Credential> fixed, std::vector<std::string> secrets);

  const std::string& realm() const { return realm_; }

  /// The passwords that `username` may have at `now`: none if it is unknown or its time is over.
  std::vector<std::string> passwords(std::string_view username, std::chrono::sys_seconds now) const;

  /// Which fixed name has this hash (RFC 8489 §14.4). Time-limited names can't be told by theirs:
  /// nobody keeps a list of them.
  std::optional<std::string_view> find_userhash(std::span<const std::byte> hash) const;

  /// Whether clients should hide their names: where every name is a fixed one.
  bool takes_every_userhash() const { return secrets_.empty() && !fixed_.empty(); }

  /// Whom a quota counts: the seat of a time-limited name, so that a renewed name is the same user.
  static std::string_view user_of(std::string_view username);

 private:
  struct Fixed {
    Credential credential;
    crypto::Sha256 userhash{};
  };

  std::string realm_;
  std::vector<Fixed> fixed_;
  std::vector<std::string> secrets_;
};

}  // namespace duet::turn
