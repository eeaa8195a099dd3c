// SPDX-License-Identifier: MIT
// The error codes of STUN and TURN, and the attribute that carries them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace duet::stun {

/// A value from the wire, 300 to 699, may be none of these.
enum class ErrorCode : std::uint16_t {
  TryAlternate = 300,                  // RFC 8489 §14.8
  BadRequest = 400,                    // RFC 8489 §14.8
  Unauthenticated = 401,               // RFC 8489 §14.8
  Forbidden = 403,                     // RFC 8656 §19
  MobilityForbidden = 405,             // RFC 8016 §4
  UnknownAttribute = 420,              // RFC 8489 §14.8
  AllocationMismatch = 437,            // RFC 8656 §19
  StaleNonce = 438,                    // RFC 8489 §14.8
  AddressFamilyNotSupported = 440,     // RFC 8656 §19
  WrongCredentials = 441,              // RFC 8656 §19
  UnsupportedTransportProtocol = 442,  // RFC 8656 §19
  PeerAddressFamilyMismatch = 443,     // RFC 8656 §19
  AllocationQuotaReached = 486,        // RFC 8656 §19
  RoleConflict = 487,                  // RFC 8445 §16.2
  ServerError = 500,                   // RFC 8489 §14.8
  InsufficientCapacity = 508,          // RFC 8656 §19
};

/// The registry's words for a code, for the answer's reason phrase; "Error" for others.
std::string_view reason_phrase(ErrorCode code);

/// The value of ERROR-CODE.
struct ErrorValue {
  ErrorCode code;
  std::string_view reason;  // a view into what was parsed
};

/// Nothing for a class outside 3 to 6 or a number above 99 (RFC 8489 §14.8).
std::optional<ErrorValue> parse_error_code(std::span<const std::byte> value);

}  // namespace duet::stun
