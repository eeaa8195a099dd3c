// SPDX-License-Identifier: MIT
// Send and Data indications up to their payload, so that payloads need not be copied.
#pragma once

#include <duet/base/address.hpp>
#include <duet/stun/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::turn {

/// What an indication can carry: its length field counts 16 bits of attributes.
inline constexpr std::size_t kMaxIndicationPayload = 65484;

/// The longest head: IPv6, with DONT-FRAGMENT.
inline constexpr std::size_t kMaxIndicationHead = 52;

/// What a network said of a datagram that it dropped: an ICMP or ICMPv6 type and code, and the MTU
/// where the datagram was too long (RFC 8656 §18.13).
struct Icmp {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t data = 0;
};

/// Writes an indication as far as its payload (RFC 8656 §11.1, §11.3): 36 bytes, over IPv6 48, with
/// DONT-FRAGMENT 4 more. What follows on the wire is the payload and padding_of() it.
///
/// @param head          room for kMaxIndicationHead bytes, or 4 less without DONT-FRAGMENT
/// @param payload_size  at most kMaxIndicationPayload
/// @return bytes written
std::size_t write_indication_head(std::span<std::byte> head, stun::Method method,
                                  const stun::TransactionId& id, const Endpoint& peer,
                                  std::size_t payload_size, bool dont_fragment = false);

/// Makes of an indication's id the next one. Unique is enough: nobody answers (RFC 8489 §5).
void advance(stun::TransactionId& id);

}  // namespace duet::turn
