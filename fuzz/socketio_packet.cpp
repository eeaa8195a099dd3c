// SPDX-License-Identifier: MIT
// Packets and their JSON: heads come out as they went in, and what is taken apart is JSON again.
#include <duet/base/check.hpp>
#include <duet/base/utf8.hpp>
#include <duet/socketio/json_text.hpp>
#include <duet/socketio/packet.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace duet::socketio;

void check_head(EngineVersion version, const Packet& packet) {
  std::string text;
  append_packet(text, packet);
  const auto again = parse_packet(version, text);
  DUET_CHECK(again && *again == packet);
}

void check_event(std::string_view payload, std::size_t attachments) {
  std::string storage;
  const auto event = parse_event_text(payload, attachments, storage);
  if (!event) return;
  DUET_CHECK(duet::is_utf8(payload) && duet::is_utf8(event->name));
  DUET_CHECK(!check_json_array(payload, attachments));
  // The arguments alone are an array too, and relayed under another name an event.
  const std::string arguments{event->arguments};
  DUET_CHECK(!check_json_array("[" + arguments + "]", attachments));
  const std::string relayed = R"(["x")" + (arguments.empty() ? "" : "," + arguments) + "]";
  std::string other_storage;
  const auto again = parse_event_text(relayed, attachments, other_storage);
  DUET_CHECK(again && again->name == "x" && again->arguments == arguments);
}

}  // namespace

/// The first byte chooses the version, the rest is the packet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const EngineVersion version = (data[0] & 1) != 0 ? EngineVersion::V3 : EngineVersion::V4;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto packet = parse_packet(version, text);
  if (!packet) return 0;
  DUET_CHECK(packet->is_binary() == (packet->attachments > 0));
  DUET_CHECK(packet->nsp.starts_with('/') && packet->nsp.size() <= kMaxNamespace);
  check_head(version, *packet);
  check_event(packet->payload, packet->attachments);
  check_event(packet->payload, 0);
  (void)check_json_object(packet->payload);
  return 0;
}
