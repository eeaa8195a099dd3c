// SPDX-License-Identifier: MIT
// Payloads: what is read is what is written again, and what is written is read again the same.
#include <duet/base/check.hpp>
#include <duet/socketio/engine_payload.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace duet::socketio;

void check_round_trip(EngineVersion version, BinarySupport support, const Payload& payload) {
  std::string bytes;
  const MessageKind kind = append_payload(bytes, version, support, payload.packets);
  const auto again = parse_payload(version, kind, bytes);
  DUET_CHECK(again);
  DUET_CHECK(again->packets == payload.packets);
}

void check_message_round_trip(EngineVersion version, BinarySupport support,
                              const EnginePacket& packet) {
  std::string bytes;
  const MessageKind kind = append_message(bytes, version, support, packet);
  std::string storage;
  const auto again = parse_message(version, kind, bytes, storage);
  DUET_CHECK(again && *again == packet);
}

}  // namespace

/// The first byte chooses version and kind, the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const EngineVersion version = (data[0] & 1) != 0 ? EngineVersion::V3 : EngineVersion::V4;
  const MessageKind kind = (data[0] & 2) != 0 ? MessageKind::Binary : MessageKind::Text;
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};

  const auto payload = parse_payload(version, kind, body);
  if (!payload) return 0;
  DUET_CHECK(!payload->packets.empty() && payload->packets.size() <= kMaxPayloadPackets);
  for (const BinarySupport support : {BinarySupport::Native, BinarySupport::Base64}) {
    check_round_trip(version, support, *payload);
    for (const EnginePacket& packet : payload->packets) {
      check_message_round_trip(version, support, packet);
    }
  }
  return 0;
}
