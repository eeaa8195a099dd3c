// SPDX-License-Identifier: MIT
// Send and Data indications up to their payload.
#include <duet/stun/address.hpp>
#include <duet/turn/channel_data.hpp>
#include <duet/turn/indication.hpp>

#include <cstring>

namespace duet::turn {
namespace {

using stun::AttributeType;

std::byte* put_u16(std::byte* to, std::size_t value) {
  to[0] = static_cast<std::byte>(value >> 8 & 0xFF);
  to[1] = static_cast<std::byte>(value & 0xFF);
  return to + 2;
}

std::byte* put_attribute(std::byte* to, AttributeType type, std::size_t size) {
  return put_u16(put_u16(to, static_cast<std::uint16_t>(type)), size);
}

}  // namespace

std::size_t write_indication_head(std::span<std::byte> head, stun::Method method,
                                  const stun::TransactionId& id, const Endpoint& peer,
                                  std::size_t payload_size, bool dont_fragment) {
  const auto address = stun::serialize_xor_address(peer, id);
  const std::size_t flag = dont_fragment ? 4 : 0;
  const std::size_t body = 4 + address.size + flag + 4 + payload_size + padding_of(payload_size);
  const stun::MessageType type{stun::Class::Indication, method};
  std::byte* at = put_u16(put_u16(head.data(), type.to_wire()), body);
  at = put_u16(put_u16(at, stun::kMagicCookie >> 16), stun::kMagicCookie & 0xFFFF);
  std::memcpy(at, id.data(), id.size());
  at = put_attribute(at + id.size(), AttributeType::XorPeerAddress, address.size);
  std::memcpy(at, address.bytes.data(), address.size);
  at += address.size;
  if (dont_fragment) at = put_attribute(at, AttributeType::DontFragment, 0);
  at = put_attribute(at, AttributeType::Data, payload_size);
  return static_cast<std::size_t>(at - head.data());
}

void advance(stun::TransactionId& id) {
  for (std::byte& byte : id) {
    byte = static_cast<std::byte>(std::to_integer<unsigned>(byte) + 1);
    if (byte != std::byte{0}) break;
  }
}

}  // namespace duet::turn
