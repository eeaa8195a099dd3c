// SPDX-License-Identifier: MIT
// One Engine.IO packet, and its form as a WebSocket message.
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/base/utf8.hpp>
#include <duet/socketio/engine_packet.hpp>

namespace duet::socketio {
namespace {

constexpr std::string_view kBase64Mark = "b";     // Engine.IO protocol 4, "Packet encoding"
constexpr std::string_view kBase64MarkV3 = "b4";  // protocol 3: the type follows the mark

std::string_view base64_mark(EngineVersion version) {
  return version == EngineVersion::V3 ? kBase64MarkV3 : kBase64Mark;
}

Result<EnginePacket, PayloadError> parse_base64_packet(EngineVersion version, std::string_view text,
                                                       std::string& storage) {
  const std::string_view mark = base64_mark(version);
  if (!text.starts_with(mark)) return fail(PayloadError::UnknownType);
  const auto decoded = base64_decode(text.substr(mark.size()));
  if (!decoded) return fail(PayloadError::BadBase64);
  const std::size_t begin = storage.size();
  storage += as_text(*decoded);
  return EnginePacket{EnginePacketType::Message, MessageKind::Binary,
                      std::string_view{storage}.substr(begin)};
}

}  // namespace

Result<EnginePacket, PayloadError> parse_text_packet(EngineVersion version, std::string_view text,
                                                     std::string& storage) {
  if (text.empty()) return fail(PayloadError::Empty);
  if (text.front() == 'b') return parse_base64_packet(version, text, storage);
  if (text.front() < '0' || text.front() > '6') return fail(PayloadError::UnknownType);
  return EnginePacket{static_cast<EnginePacketType>(text.front() - '0'), MessageKind::Text,
                      text.substr(1)};
}

Result<EnginePacket, PayloadError> parse_message(EngineVersion version, MessageKind kind,
                                                 std::string_view bytes, std::string& storage) {
  if (kind == MessageKind::Text) {
    if (!is_utf8(bytes)) return fail(PayloadError::BadUtf8);
    return parse_text_packet(version, bytes, storage);
  }
  if (version == EngineVersion::V4) {
    return EnginePacket{EnginePacketType::Message, MessageKind::Binary, bytes};
  }
  if (bytes.empty()) return fail(PayloadError::Empty);
  if (bytes.front() != static_cast<char>(EnginePacketType::Message)) {
    return fail(PayloadError::UnknownType);
  }
  return EnginePacket{EnginePacketType::Message, MessageKind::Binary, bytes.substr(1)};
}

void append_text_packet(std::string& out, EngineVersion version, const EnginePacket& packet) {
  if (packet.kind == MessageKind::Binary) {
    out += base64_mark(version);
    base64_append(out, as_bytes(packet.data));
    return;
  }
  out += static_cast<char>('0' + static_cast<int>(packet.type));
  out += packet.data;
}

MessageKind append_message(std::string& out, EngineVersion version, BinarySupport support,
                           const EnginePacket& packet) {
  if (packet.kind == MessageKind::Text || support == BinarySupport::Base64) {
    append_text_packet(out, version, packet);
    return MessageKind::Text;
  }
  if (version == EngineVersion::V3) out += static_cast<char>(packet.type);
  out += packet.data;
  return MessageKind::Binary;
}

}  // namespace duet::socketio
