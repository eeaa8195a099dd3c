// SPDX-License-Identifier: MIT
// How a client proves who it is: the client's half of long-term credentials.
#pragma once

#include <duet/stun/credential.hpp>
#include <duet/stun/error_code.hpp>
#include <duet/stun/message.hpp>
#include <duet/stun/writer.hpp>
#include <duet/turn/credentials.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace duet::turn {

/// Answers the challenges of one server (RFC 8489 §9.2.3, §9.2.5), takes no weaker kind of
/// protection than it was offered once, and tells that server's answers from forged ones.
class Login {
 public:
  /// Of a server that sends more, nothing is remembered: RFC 8489 §14.9 and §14.10 allow no more
  /// than 763 bytes, and of algorithms there are two.
  static constexpr std::size_t kMaxText = 763;
  static constexpr std::size_t kMaxAlgorithms = 64;

  /// What one request was signed with. Its answer must be signed with the same, although another
  /// challenge may have come meanwhile.
  struct Signature {
    stun::LongTermKey key;
    std::uint32_t version = 0;  // 0: not signed
    bool sha256 = false;
  };

  enum class Challenged : std::uint8_t {
    Retry,      ///< sign anew, in a new transaction
    Refused,    ///< nothing would be different
    BidDown,    ///< the offer is weaker than the nonce says, or than it was before
    Malformed,  ///< no realm or nonce, or more than anyone needs
  };

  explicit Login(Credential credential) { set_credential(std::move(credential)); }

  /// A name without characters is nobody's: such a client takes answers that nobody signed.
  bool is_anonymous() const { return credential_.username.empty(); }

  /// Another one, since the old one ends or has ended. It is used once the server doesn't take the
  /// old one any more, and not before: what was made in a name must be asked for in it
  /// (RFC 8656 §5). A name that no message can carry (RFC 8489 §14.3) is as good as none.
  void set_credential(Credential credential);

  /// A 401 or 438 came.
  /// @param of  what the request that it answers was signed with
  Challenged handle_challenge(const stun::Message& error, stun::ErrorCode code,
                              const Signature& of);

  /// Adds the attributes of a credential, and integrity; nothing before the first challenge.
  Signature sign(stun::Writer& writer) const;

  /// Whether an answer comes from who knows the password (RFC 8489 §9.2.5): where SHA-256 was
  /// used, the older MAC is not taken.
  static bool is_authentic(const stun::Message& answer, const Signature& of);

 private:
  void make_key();

  Credential credential_;
  std::optional<Credential> next_;
  std::string realm_;
  std::string nonce_;
  std::string algorithms_;  // PASSWORD-ALGORITHMS as offered; empty: none were
  stun::PasswordAlgorithm algorithm_ = stun::PasswordAlgorithm::Md5;
  bool hides_name_ = false;
  stun::LongTermKey key_;
  std::uint32_t version_ = 0;  // of realm, name, password and algorithm together
};

}  // namespace duet::turn
