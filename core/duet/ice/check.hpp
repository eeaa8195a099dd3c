// SPDX-License-Identifier: MIT
// A connectivity check: its message, its answers, and when it is sent again.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/ice/config.hpp>
#include <duet/ice/credentials.hpp>
#include <duet/stun/binding.hpp>
#include <duet/stun/error_code.hpp>
#include <duet/stun/message.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::ice {

/// What a check says (RFC 8445 §7.1).
struct CheckContent {
  Role role = Role::Controlled;
  std::uint64_t tie_breaker = 0;
  std::uint32_t priority = 0;  // of the peer-reflexive candidate that it may find
  bool use_candidate = false;
};

/// Longer than the longest check: two names of 256 bytes, and 76 bytes of everything else.
inline constexpr std::size_t kMaxCheckSize = 640;

/// Writes a Binding request with USERNAME, PRIORITY, the role, MESSAGE-INTEGRITY and FINGERPRINT.
std::span<const std::byte> write_check(std::span<std::byte> buffer, const stun::TransactionId& id,
                                       const Credentials& local, const Credentials& remote,
                                       const CheckContent& content);

/// The answer to a check from `mapped`, signed with our own password.
std::span<const std::byte> write_answer(std::span<std::byte> buffer, const stun::TransactionId& id,
                                        const Endpoint& mapped, const Credentials& local);

std::span<const std::byte> write_refusal(std::span<std::byte> buffer, const stun::TransactionId& id,
                                         stun::ErrorCode code, const Credentials& local,
                                         const stun::UnknownAttributes& unknown = {});

/// What a request says, or nothing if it lacks PRIORITY or a role, or has both (RFC 8445 §7.1.1,
/// §7.3.1.1; agents before RFC 5245 had none).
std::optional<CheckContent> read_check(const stun::Message& request);

/// Attributes of a request that we would have to know.
stun::UnknownAttributes unknown_in(const stun::Message& message);

/// One check under way.
///
/// Departs from RFC 8489 §6.2.1: what is sent again has another id, which differs in its last byte,
/// so that an answer says which transmission it belongs to, and the round trip is measured also
/// where packets are lost or the first guess was too short. Who answers keeps nothing of a check,
/// and can't tell.
class Check {
 public:
  enum class Kind : std::uint8_t {
    Ordinary,
    Nominating,  ///< with USE-CANDIDATE
    Consent,     ///< RFC 7675; goes on until there is an answer or the consent ends
  };

  enum class Due : std::uint8_t { Nothing, Send, GiveUp };

  /// Time after which a check without an answer has failed. RFC 8445 §14.3 with seven transmissions
  /// comes to 39.5 s at 500 ms, and to 7.9 s at the 100 ms that we begin with.
  static constexpr Duration kPatience = 8s;
  /// Intervals double up to here, so that a path which opens late is seen soon.
  static constexpr Duration kMaxInterval = 1s;
  /// RFC 7675 §5.1 has a lost consent check wait for the next one. Departs from it for a quick
  /// answer to whether the path is gone: it is repeated, first after this.
  static constexpr Duration kMinConsentInterval = 250ms;

  /// The first transmission is due at once.
  /// @param is_stream  nothing is sent again: the stream does it (RFC 8489 §6.2.2)
  Check(Instant now, Random& random, Kind kind, Duration rto, bool is_stream);

  Kind kind() const { return kind_; }

  bool is_nominating() const { return kind_ == Kind::Nominating; }

  /// Of the latest transmission.
  const stun::TransactionId& id() const { return id_; }

  int transmissions() const { return transmissions_; }

  Instant began() const { return began_; }

  /// What has come due; after Send, the message is sent with the new id().
  Due handle_timeout(Instant now);

  Instant next_timeout() const { return due_; }

  /// The peer was heard: what its router kept out before comes in now, so that the next
  /// transmission is due at once. True the first time; later ones would only answer each other.
  bool hurry(Instant now);

  /// Whether an answer with this id is one to this check.
  bool is_answered_by(const stun::TransactionId& id) const;

  /// Since the transmission that is answered by it.
  Duration round_trip(Instant now, const stun::TransactionId& id) const;

 private:
  static constexpr std::size_t kRemembered = 4;

  stun::TransactionId id_{};  // the last byte counts transmissions
  Kind kind_;
  bool is_stream_;
  bool has_hurried_ = false;
  std::uint8_t transmissions_ = 0;
  Duration interval_;
  Instant began_;
  Instant due_;
  std::array<Instant, kRemembered> sent_{};  // of the latest ones
};

}  // namespace duet::ice
