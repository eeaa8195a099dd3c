// SPDX-License-Identifier: MIT
// The error codes of STUN and TURN.
#include <duet/base/bytes.hpp>
#include <duet/stun/error_code.hpp>

namespace duet::stun {

std::string_view reason_phrase(ErrorCode code) {
  switch (code) {
    case ErrorCode::TryAlternate:
      return "Try Alternate";
    case ErrorCode::BadRequest:
      return "Bad Request";
    case ErrorCode::Unauthenticated:
      return "Unauthenticated";
    case ErrorCode::Forbidden:
      return "Forbidden";
    case ErrorCode::MobilityForbidden:
      return "Mobility Forbidden";
    case ErrorCode::UnknownAttribute:
      return "Unknown Attribute";
    case ErrorCode::AllocationMismatch:
      return "Allocation Mismatch";
    case ErrorCode::StaleNonce:
      return "Stale Nonce";
    case ErrorCode::AddressFamilyNotSupported:
      return "Address Family not Supported";
    case ErrorCode::WrongCredentials:
      return "Wrong Credentials";
    case ErrorCode::UnsupportedTransportProtocol:
      return "Unsupported Transport Protocol";
    case ErrorCode::PeerAddressFamilyMismatch:
      return "Peer Address Family Mismatch";
    case ErrorCode::AllocationQuotaReached:
      return "Allocation Quota Reached";
    case ErrorCode::RoleConflict:
      return "Role Conflict";
    case ErrorCode::ServerError:
      return "Server Error";
    case ErrorCode::InsufficientCapacity:
      return "Insufficient Capacity";
  }
  return "Error";
}

std::optional<ErrorValue> parse_error_code(std::span<const std::byte> value) {
  ByteReader in{value};
  in.u16();
  const unsigned hundreds = in.u8() & 7u;
  const unsigned number = in.u8();
  if (!in.ok() || hundreds < 3 || hundreds > 6 || number > 99) return std::nullopt;
  return ErrorValue{static_cast<ErrorCode>(hundreds * 100 + number), as_text(in.rest())};
}

}  // namespace duet::stun
