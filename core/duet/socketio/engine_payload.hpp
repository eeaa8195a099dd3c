// SPDX-License-Identifier: MIT
// Engine.IO payloads: the packets of one long-polling request or answer.
#pragma once

#include <duet/base/result.hpp>
#include <duet/socketio/engine_packet.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::socketio {

/// Packets of one payload. A client that queues while a request is under way sends some hundreds.
constexpr std::size_t kMaxPayloadPackets = 10'000;

/// Between the packets of a payload of version 4.
constexpr char kPayloadSeparator = '\x1e';

/// A payload that was read. Packets point into the body it was read from, or into `storage`; so
/// moving it is fine, and copying is not.
struct Payload {
  Payload() = default;
  Payload(Payload&&) = default;
  Payload& operator=(Payload&&) = default;
  Payload(const Payload&) = delete;
  Payload& operator=(const Payload&) = delete;
  ~Payload() = default;

  std::vector<EnginePacket> packets;  ///< never empty
  std::unique_ptr<std::string> storage;
};

/// Reads the body of a POST (Engine.IO protocol, "Payload encoding").
///
/// Text of version 4 is `4a\x1e4b`, of version 3 `2:4a2:4b` with lengths in UTF-16 code units;
/// binary is known to version 3 only: 0x00 (text) or 0x01 (binary), the length in bytes as decimal
/// digits of values 0 to 9, 0xff, the packet.
///
/// @param kind  Binary if its media type is application/octet-stream
Result<Payload, PayloadError> parse_payload(EngineVersion version, MessageKind kind,
                                            std::string_view body);

/// Appends the answer to a poll, and says of which kind it is: Binary for version 3 with a binary
/// packet and Native support.
MessageKind append_payload(std::string& out, EngineVersion version, BinarySupport support,
                           std::span<const EnginePacket> packets);

}  // namespace duet::socketio
