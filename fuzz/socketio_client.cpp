// SPDX-License-Identifier: MIT
// A server that says anything: the client stays within its bounds, and tells only what it may.
#include <duet/base/check.hpp>
#include <duet/base/utf8.hpp>
#include <duet/socketio/client.hpp>
#include <duet/socketio/json_text.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace duet;
using namespace duet::socketio;

struct Properties {
  bool is_connected = false;

  void check(const ClientEvent& event) {
    if (std::holds_alternative<ClientConnected>(event)) {
      DUET_CHECK(!is_connected);
      is_connected = true;
    } else if (std::holds_alternative<ClientDisconnected>(event)) {
      is_connected = false;
    } else if (const auto* received = std::get_if<ClientReceived>(&event)) {
      DUET_CHECK(is_connected && is_utf8(received->name));
      DUET_CHECK(received->attachments.size() <= Client::kMaxAttachments);
      DUET_CHECK(!check_json_array("[" + received->arguments + "]", received->attachments.size()));
    } else if (const auto* acknowledged = std::get_if<ClientAcknowledged>(&event)) {
      DUET_CHECK(is_connected && acknowledged->arguments.starts_with('['));
    }
  }
};

constexpr std::string_view kOpen =
    R"(0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";

}  // namespace

/// Steps: a byte that says what happens, a length, and so many bytes of what is said.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SeededRandom random{1};
  Instant now{1h};
  Client client{now, random, {}};
  Client::Attempt attempt{};
  Properties properties;
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  while (rest.size() >= 2) {
    const auto what = static_cast<std::uint8_t>(rest[0]);
    const std::string_view said = rest.substr(2, static_cast<std::uint8_t>(rest[1]));
    rest.remove_prefix(2 + said.size());
    switch (what % 8) {
      case 0:
        client.handle_message(now, attempt, MessageKind::Text, kOpen);
        break;
      case 1:
        client.handle_message(now, attempt, MessageKind::Text, R"(40{"sid":"x"})");
        break;
      case 2:
      case 3:
        client.handle_message(now, attempt, MessageKind::Text, said);
        break;
      case 4:
        client.handle_message(now, attempt, MessageKind::Binary, said);
        break;
      case 5:
        client.handle_response(now, attempt,
                               what & 8 ? SendRequest::Method::Get : SendRequest::Method::Post,
                               what & 16 ? 200 : 400, said);
        break;
      case 6:
        client.handle_closed(now, attempt);
        break;
      default:
        now += 1s * said.size();
        client.handle_timeout(now);
        client.emit(R"(["message",1])");
        break;
    }
    while (const auto action = client.poll_action()) attempt = action->attempt;
    while (const auto event = client.poll_event()) properties.check(*event);
    DUET_CHECK(client.is_connected() == properties.is_connected);
    DUET_CHECK(client.next_timeout().has_value());
  }
  return 0;
}
