// SPDX-License-Identifier: MIT
// The four framings.
#include "framing.hpp"

#include <duet/stun/address.hpp>
#include <duet/stun/message.hpp>
#include <duet/stun/writer.hpp>
#include <duet/turn/channel_data.hpp>

namespace duet::bench {
namespace {

constexpr std::size_t kIdAt = 8;  // RFC 8489 §5: type, length and cookie stand before it

std::vector<std::byte> send_indication(std::size_t size, const Endpoint& peer) {
  std::vector<std::byte> bytes(size + 100);
  const std::vector<std::byte> payload(size);
  stun::Writer writer{bytes, {stun::Class::Indication, stun::Method::Send}, {}};
  writer.add_xor_address(stun::AttributeType::XorPeerAddress, peer);
  writer.add(stun::AttributeType::Data, payload);
  bytes.resize(writer.finish().size() - size);  // sizes here are multiples of four
  return bytes;
}

std::vector<std::byte> binding_request() {
  std::vector<std::byte> bytes(stun::kHeaderSize);
  const stun::Writer writer{bytes, {stun::Class::Request, stun::Method::Binding}, {}};
  bytes.resize(kIdAt);
  return bytes;
}

std::optional<std::span<const std::byte>> data_of(const stun::Message& message,
                                                  const Endpoint& peer) {
  if (message.type() != stun::MessageType{stun::Class::Indication, stun::Method::Data}) return {};
  if (find_xor_address(message, stun::AttributeType::XorPeerAddress) != peer) return {};
  return message.find(stun::AttributeType::Data);
}

std::optional<std::span<const std::byte>> id_of(const stun::Message& answer) {
  if (answer.type() != stun::MessageType{stun::Class::Success, stun::Method::Binding}) return {};
  if (!find_xor_address(answer, stun::AttributeType::XorMappedAddress)) return {};
  return answer.bytes().subspan(kIdAt, std::tuple_size_v<stun::TransactionId>);
}

}  // namespace

std::vector<std::byte> prefix_of(Framing framing, std::size_t size, const Endpoint& peer) {
  switch (framing) {
    case Framing::Bare:
      return {};
    case Framing::Channel: {
      const auto header = turn::channel_header(kChannel, size);
      return {header.begin(), header.end()};
    }
    case Framing::Indication:
      return send_indication(size, peer);
    case Framing::Binding:
      return binding_request();
  }
  return {};
}

std::optional<std::span<const std::byte>> unwrap(Framing framing, std::span<const std::byte> bytes,
                                                 const Endpoint& peer) {
  if (framing == Framing::Bare) return bytes;
  if (framing == Framing::Channel) {
    const auto message = turn::ChannelData::parse(bytes);
    if (!message || message->number != kChannel) return {};
    return message->payload;
  }
  const auto message = stun::Message::parse(bytes);
  if (!message) return {};
  return framing == Framing::Indication ? data_of(*message, peer) : id_of(*message);
}

}  // namespace duet::bench
