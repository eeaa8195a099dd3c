// SPDX-License-Identifier: MIT
// Addresses as STUN attributes write them.
#include <duet/stun/address.hpp>

#include <cstring>

namespace duet::stun {
namespace {

// RFC 8489 §14.2: the port with the cookie's first half, the address with cookie and transaction
// id.
void apply_xor(std::span<std::byte> value, const TransactionId& id) {
  constexpr std::array<std::byte, 4> kCookie = {std::byte{0x21}, std::byte{0x12}, std::byte{0xA4},
                                                std::byte{0x42}};
  value[2] ^= kCookie[0];
  value[3] ^= kCookie[1];
  for (std::size_t i = 4; i < value.size(); ++i) {
    value[i] ^= i < 8 ? kCookie[i - 4] : id[i - 8];
  }
}

}  // namespace

AddressValue serialize_address(const Endpoint& endpoint) {
  AddressValue out;
  const std::size_t size = endpoint.address.is_v4() ? 4 : 16;
  out.bytes[1] = std::byte{family_number(endpoint.address.family())};
  out.bytes[2] = static_cast<std::byte>(endpoint.port >> 8);
  out.bytes[3] = static_cast<std::byte>(endpoint.port & 0xFF);
  std::memcpy(out.bytes.data() + 4, endpoint.address.bytes().data(), size);
  out.size = 4 + size;
  return out;
}

std::optional<Endpoint> parse_address(std::span<const std::byte> value) {
  ByteReader in{value};
  in.u8();  // RFC 8489 §14.1: ignored
  const std::uint8_t family = in.u8();
  const std::uint16_t port = in.u16();
  if (family == kFamilyV4 && in.size() == 4) {
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), in.rest().data(), 4);
    return Endpoint{IpAddress::v4(bytes), port};
  }
  if (family == kFamilyV6 && in.size() == 16) {
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), in.rest().data(), 16);
    return Endpoint{IpAddress::v6(bytes), port};
  }
  return std::nullopt;
}

AddressValue serialize_xor_address(const Endpoint& endpoint, const TransactionId& id) {
  AddressValue out = serialize_address(endpoint);
  apply_xor(std::span{out.bytes}.first(out.size), id);
  return out;
}

std::optional<Endpoint> parse_xor_address(std::span<const std::byte> value,
                                          const TransactionId& id) {
  std::array<std::byte, 20> plain{};
  if (value.size() != 8 && value.size() != 20) return std::nullopt;
  std::memcpy(plain.data(), value.data(), value.size());
  apply_xor(std::span{plain}.first(value.size()), id);
  return parse_address(std::span{plain}.first(value.size()));
}

std::optional<Endpoint> find_xor_address(const Message& message, AttributeType type) {
  const auto value = message.find(type);
  if (!value) return std::nullopt;
  return parse_xor_address(*value, message.id());
}

}  // namespace duet::stun
