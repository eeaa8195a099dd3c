// SPDX-License-Identifier: MIT
// The attributes of STUN and TURN by their numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::stun {

/// The registry's numbers. A value from the wire may be none of these.
enum class AttributeType : std::uint16_t {
  MappedAddress = 0x0001,            // RFC 8489 §14.1
  ChangeRequest = 0x0003,            // RFC 5780 §7.2
  Username = 0x0006,                 // RFC 8489 §14.3
  MessageIntegrity = 0x0008,         // RFC 8489 §14.5
  ErrorCode = 0x0009,                // RFC 8489 §14.8
  UnknownAttributes = 0x000A,        // RFC 8489 §14.13
  ChannelNumber = 0x000C,            // RFC 8656 §18.1
  Lifetime = 0x000D,                 // RFC 8656 §18.2
  XorPeerAddress = 0x0012,           // RFC 8656 §18.3
  Data = 0x0013,                     // RFC 8656 §18.4
  Realm = 0x0014,                    // RFC 8489 §14.9
  Nonce = 0x0015,                    // RFC 8489 §14.10
  XorRelayedAddress = 0x0016,        // RFC 8656 §18.5
  RequestedAddressFamily = 0x0017,   // RFC 8656 §18.6
  EvenPort = 0x0018,                 // RFC 8656 §18.7
  RequestedTransport = 0x0019,       // RFC 8656 §18.8
  DontFragment = 0x001A,             // RFC 8656 §18.9
  MessageIntegritySha256 = 0x001C,   // RFC 8489 §14.6
  PasswordAlgorithm = 0x001D,        // RFC 8489 §14.12
  Userhash = 0x001E,                 // RFC 8489 §14.4
  XorMappedAddress = 0x0020,         // RFC 8489 §14.2
  ReservationToken = 0x0022,         // RFC 8656 §18.10
  Priority = 0x0024,                 // RFC 8445 §16.1
  UseCandidate = 0x0025,             // RFC 8445 §16.1
  Padding = 0x0026,                  // RFC 5780 §7.6
  ResponsePort = 0x0027,             // RFC 5780 §7.5
  AdditionalAddressFamily = 0x8000,  // RFC 8656 §18.11
  AddressErrorCode = 0x8001,         // RFC 8656 §18.12
  PasswordAlgorithms = 0x8002,       // RFC 8489 §14.11
  AlternateDomain = 0x8003,          // RFC 8489 §14.16
  Icmp = 0x8004,                     // RFC 8656 §18.13
  Software = 0x8022,                 // RFC 8489 §14.14
  AlternateServer = 0x8023,          // RFC 8489 §14.15
  Fingerprint = 0x8028,              // RFC 8489 §14.7
  IceControlled = 0x8029,            // RFC 8445 §16.1
  IceControlling = 0x802A,           // RFC 8445 §16.1
  ResponseOrigin = 0x802B,           // RFC 5780 §7.3
  OtherAddress = 0x802C,             // RFC 5780 §7.4
  MobilityTicket = 0x8030,           // RFC 8016 §5
};

/// Whether a receiver that doesn't know this attribute must refuse the message (RFC 8489 §14).
constexpr bool is_comprehension_required(AttributeType type) {
  return static_cast<std::uint16_t>(type) < 0x8000;
}

/// One attribute of a parsed message: a view into it.
struct Attribute {
  AttributeType type;
  std::span<const std::byte> value;  // without padding
};

}  // namespace duet::stun
