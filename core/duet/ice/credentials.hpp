// SPDX-License-Identifier: MIT
// The name and password by which two agents know each other's checks.
#pragma once

#include <duet/base/random.hpp>

#include <string>
#include <string_view>

namespace duet::ice {

/// ice-ufrag and ice-pwd (RFC 8839 §5.4).
struct Credentials {
  std::string ufrag;
  std::string pwd;

  /// New ones: 48 random bits in the name, 144 in the password. RFC 8445 §5.3 asks for 24 and 128.
  static Credentials make(Random& random);

  /// Whether both have the form of RFC 8839 §5.4: 4 to 256 and 22 to 256 characters of letters,
  /// digits, + and /.
  bool is_valid() const;

  /// Whether a peer may have them: the same lengths, and characters that older agents draw from as
  /// well: - = # and _.
  bool is_acceptable() const;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

}  // namespace duet::ice
