// SPDX-License-Identifier: MIT
// What a relay counts: never a user, never an address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duet::turn {

/// Why a message was refused or dropped.
enum class Reason : std::uint8_t {
  Malformed,             ///< neither STUN nor ChannelData, or not whole
  RateLimited,           ///< this source asks too often without a credential
  NoCredential,          ///< 401 to a first request, which is no failure
  WrongCredential,       ///< 401: unknown name, ended name, wrong password
  StaleNonce,            ///< 438
  BadRequest,            ///< 400
  UnknownAttribute,      ///< 420
  AllocationMismatch,    ///< 437
  OtherUser,             ///< 441
  UnsupportedTransport,  ///< 442
  UnsupportedFamily,     ///< 440
  FamilyMismatch,        ///< 443
  ForbiddenPeer,         ///< 403, or a packet to or from such a peer
  UserQuota,             ///< 486
  SourceQuota,           ///< 486
  ServerFull,            ///< 508: allocations in all, or no port left
  Draining,              ///< 508: the server is about to stop
  AllocationFull,        ///< 508: permissions or channels of one allocation
  MobilityForbidden,     ///< 405
  NoPermission,          ///< a packet without permission
  NoChannel,             ///< ChannelData on a channel that isn't bound
  NoAllocation,          ///< data from a client without allocation, or to a peer that has none
  TooLong,               ///< a packet that no message could carry
};

inline constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::TooLong) + 1;

/// As a metric's label: "forbidden_peer".
std::string_view to_string(Reason reason);

/// Packets and bytes of payload that were relayed.
struct Totals {
  std::uint64_t from_client_packets = 0;
  std::uint64_t from_client_bytes = 0;
  std::uint64_t to_client_packets = 0;
  std::uint64_t to_client_bytes = 0;

  friend bool operator==(const Totals&, const Totals&) = default;
};

struct Counters {
  std::uint64_t bindings = 0;  // answered
  std::uint64_t allocations_made = 0;
  std::uint64_t allocations = 0;  // that there are now
  std::uint64_t relays = 0;       // relayed addresses that there are now, reserved ones included
  Totals relayed;
  std::array<std::uint64_t, kReasons> refused{};

  std::uint64_t of(Reason reason) const { return refused[static_cast<std::size_t>(reason)]; }
};

}  // namespace duet::turn
