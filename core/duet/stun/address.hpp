// SPDX-License-Identifier: MIT
// Addresses as STUN attributes write them, plain and hidden from meddling NATs.
#pragma once

#include <duet/base/address.hpp>
#include <duet/stun/message.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::stun {

/// RFC 8489 §14.1. As RFC 8656 §18.6 uses it too.
inline constexpr std::uint8_t kFamilyV4 = 1;
inline constexpr std::uint8_t kFamilyV6 = 2;

constexpr std::uint8_t family_number(IpAddress::Family family) {
  return family == IpAddress::Family::V4 ? kFamilyV4 : kFamilyV6;
}

/// The value of an address attribute: 8 bytes for IPv4, 20 for IPv6.
struct AddressValue {
  std::array<std::byte, 20> bytes{};
  std::size_t size = 0;

  std::span<const std::byte> view() const { return std::span{bytes}.first(size); }
};

/// MAPPED-ADDRESS, ALTERNATE-SERVER, RESPONSE-ORIGIN, OTHER-ADDRESS (RFC 8489 §14.1).
AddressValue serialize_address(const Endpoint& endpoint);
std::optional<Endpoint> parse_address(std::span<const std::byte> value);

/// XOR-MAPPED-ADDRESS, XOR-PEER-ADDRESS, XOR-RELAYED-ADDRESS (RFC 8489 §14.2).
AddressValue serialize_xor_address(const Endpoint& endpoint, const TransactionId& id);
std::optional<Endpoint> parse_xor_address(std::span<const std::byte> value,
                                          const TransactionId& id);

/// The endpoint of the first attribute of this type; nothing if there is none or it is malformed.
std::optional<Endpoint> find_xor_address(const Message& message, AttributeType type);

}  // namespace duet::stun
