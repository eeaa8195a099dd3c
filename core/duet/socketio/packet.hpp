// SPDX-License-Identifier: MIT
// The head of a Socket.IO packet: everything before its JSON.
#pragma once

#include <duet/base/result.hpp>
#include <duet/socketio/engine_packet.hpp>
#include <duet/socketio/server.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::socketio {

/// Socket.IO protocol, "Packet types". Protocols 3 and 4 call ConnectError "ERROR".
enum class PacketType : std::uint8_t {
  Connect,
  Disconnect,
  Event,
  Ack,
  ConnectError,
  BinaryEvent,
  BinaryAck
};

/// Bytes of a namespace's name; longer ones belong to nobody.
constexpr std::size_t kMaxNamespace = 256;

/// `<type>[<attachments>-][<namespace>,][<id>][<JSON>]`. Views point into what was parsed.
struct Packet {
  PacketType type = PacketType::Event;
  std::size_t attachments = 0;  ///< 1 or more for the binary types, else 0
  std::string_view nsp = "/";   ///< of protocols 3 and 4 without its query
  std::optional<AckId> ack;
  std::string_view payload;  ///< not looked at; empty if there is none

  bool is_binary() const {
    return type == PacketType::BinaryEvent || type == PacketType::BinaryAck;
  }

  friend bool operator==(const Packet&, const Packet&) = default;
};

/// Why text was not the head of a packet.
enum class PacketError : std::uint8_t {
  UnknownType,
  BadAttachments,    ///< of a binary type: no number of 1 to 9999 before a '-'
  NamespaceTooLong,  ///< over kMaxNamespace
  BadId,             ///< over 2^53-1, or in a packet that has none
  BadPayload         ///< a DISCONNECT with one, an EVENT or ACK without, or one led by a slash
};

Result<Packet, PacketError> parse_packet(EngineVersion version, std::string_view text);

void append_packet(std::string& out, const Packet& packet);

}  // namespace duet::socketio
