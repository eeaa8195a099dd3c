// SPDX-License-Identifier: MIT
// One Engine.IO packet, and its form as a WebSocket message.
#pragma once

#include <duet/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace duet::socketio {

/// Protocol versions served: Engine.IO 3 (Socket.IO 2.x clients) and 4 (3.x and 4.x clients).
enum class EngineVersion : std::uint8_t { V3 = 3, V4 = 4 };

enum class Transport : std::uint8_t { Polling, WebSocket };

/// Text and binary are told apart on every transport.
enum class MessageKind : std::uint8_t { Text, Binary };

/// Engine.IO protocol, "Packet types". The wire has the digit, or in binary forms of version 3 the
/// number.
enum class EnginePacketType : std::uint8_t { Open, Close, Ping, Pong, Message, Upgrade, Noop };

/// Only a Message may be binary.
struct EnginePacket {
  EnginePacketType type = EnginePacketType::Noop;
  MessageKind kind = MessageKind::Text;
  std::string_view data;

  friend bool operator==(const EnginePacket&, const EnginePacket&) = default;
};

/// Why bytes were not a packet or a payload.
enum class PayloadError : std::uint8_t {
  Empty,           ///< no packet where one must be
  UnknownType,     ///< no packet type has this digit
  BadBase64,       ///< after a 'b'
  BadUtf8,         ///< text that is not UTF-8
  BadLength,       ///< a length that is no number, or too many digits
  Truncated,       ///< fewer bytes than the length says
  TooManyPackets,  ///< over kMaxPayloadPackets
  BadForm          ///< a binary body where only text is allowed
};

/// Whether the far end understands binary, or asked for base64 (`b64=1`).
enum class BinarySupport : std::uint8_t { Native, Base64 };

/// Reads a packet in its text form: `4hello`, `bAQID` (version 3: `b4AQID`).
///
/// @param text     well-formed UTF-8
/// @param storage  decoded base64 is appended here, and must fit its capacity if earlier packets
///                 point into it; the packet's data points into `text` or here
Result<EnginePacket, PayloadError> parse_text_packet(EngineVersion version, std::string_view text,
                                                     std::string& storage);

/// Reads a WebSocket message. A binary one is a message as it is (version 4), or its first byte is
/// the type (version 3). Text is checked for UTF-8.
Result<EnginePacket, PayloadError> parse_message(EngineVersion version, MessageKind kind,
                                                 std::string_view bytes, std::string& storage);

/// Appends the packet in its text form.
void append_text_packet(std::string& out, EngineVersion version, const EnginePacket& packet);

/// Appends the packet as a WebSocket message, and says of which kind that is.
MessageKind append_message(std::string& out, EngineVersion version, BinarySupport support,
                           const EnginePacket& packet);

}  // namespace duet::socketio
