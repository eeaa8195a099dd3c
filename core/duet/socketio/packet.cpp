// SPDX-License-Identifier: MIT
// The head of a Socket.IO packet: everything before its JSON.
#include <duet/socketio/packet.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace duet::socketio {
namespace {

constexpr std::size_t kMaxAttachmentDigits = 4;
constexpr std::uint64_t kMaxAckId = (std::uint64_t{1} << 53) - 1;  // as JavaScript can count

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the front; nothing if they are more than `most` or there are none.
std::optional<std::uint64_t> take_number(std::string_view& text, std::size_t most) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  if (size == 0 || size > most) return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + size, value);
  text.remove_prefix(size);
  return value;
}

bool take_attachments(std::string_view& text, Packet& packet) {
  const auto count = take_number(text, kMaxAttachmentDigits);
  if (!count || *count == 0 || !text.starts_with('-')) return false;
  text.remove_prefix(1);
  packet.attachments = static_cast<std::size_t>(*count);
  return true;
}

bool take_namespace(EngineVersion version, std::string_view& text, Packet& packet) {
  if (!text.starts_with('/')) return true;
  const std::size_t end = std::min(text.find(','), text.size());
  packet.nsp = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  // Clients 2.x say their query here, `40/chat?token=1,`.
  if (version == EngineVersion::V3) packet.nsp = packet.nsp.substr(0, packet.nsp.find('?'));
  return packet.nsp.size() <= kMaxNamespace;
}

bool may_have_id(PacketType type) {
  return type != PacketType::Connect && type != PacketType::Disconnect &&
         type != PacketType::ConnectError;
}

bool is_payload_right(const Packet& packet) {
  // No JSON begins so; behind the namespace "/", which is not written, it would be taken for one.
  if (packet.payload.starts_with('/')) return false;
  switch (packet.type) {
    case PacketType::Disconnect:
      return packet.payload.empty();
    case PacketType::Connect:
    case PacketType::ConnectError:
      return true;
    case PacketType::Event:
    case PacketType::Ack:
    case PacketType::BinaryEvent:
    case PacketType::BinaryAck:
      return !packet.payload.empty();
  }
  return false;
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

}  // namespace

Result<Packet, PacketError> parse_packet(EngineVersion version, std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') {
    return fail(PacketError::UnknownType);
  }
  Packet packet{.type = static_cast<PacketType>(text.front() - '0')};
  text.remove_prefix(1);
  if (packet.is_binary() && !take_attachments(text, packet)) {
    return fail(PacketError::BadAttachments);
  }
  if (!take_namespace(version, text, packet)) return fail(PacketError::NamespaceTooLong);
  if (!text.empty() && is_digit(text.front())) {
    const auto id = take_number(text, 16);
    if (!id || *id > kMaxAckId || !may_have_id(packet.type)) return fail(PacketError::BadId);
    packet.ack = AckId{*id};
  }
  packet.payload = text;
  if (!is_payload_right(packet)) return fail(PacketError::BadPayload);
  return packet;
}

void append_packet(std::string& out, const Packet& packet) {
  out += static_cast<char>('0' + static_cast<int>(packet.type));
  if (packet.is_binary()) {
    append_number(out, packet.attachments);
    out += '-';
  }
  if (packet.nsp != "/") {
    out += packet.nsp;
    out += ',';
  }
  if (packet.ack) append_number(out, packet.ack->value());
  out += packet.payload;
}

}  // namespace duet::socketio
