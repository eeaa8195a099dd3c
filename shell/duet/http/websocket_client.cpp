// SPDX-License-Identifier: MIT
// A WebSocket that we open (RFC 6455 §4.1).
#include <duet/base/base64.hpp>
#include <duet/http/websocket_client.hpp>
#include <duet/websocket/handshake.hpp>

#include <array>
#include <utility>

namespace duet::http {

namespace {

constexpr std::size_t kMaxUnsentToServer = 1'048'576;

std::string make_key(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  std::string key;
  base64_append(key, bytes);
  return key;
}

}  // namespace

WebSocketClient::WebSocketClient(net::EventLoop& loop, const Origin& origin,
                                 std::string_view target, Random& random, Handler handler)
    : random_{random},
      handler_{std::move(handler)},
      key_{make_key(random)},
      decoder_{websocket::Role::Client, {.max_message = kMaxMessage}},
      stream_{loop,
              origin.endpoint,
              origin.tls,
              {.opened = [] {},
               .received = [this](std::span<std::byte> bytes) { handle_received(bytes); },
               .ended = [this](const net::OutgoingStream::End& end) { close(end); }}} {
  std::string request = "GET ";
  request += target;
  request += " HTTP/1.1\r\nHost: " + origin.authority +
             "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: " +
             key_ + "\r\n\r\n";
  stream_.send(request);
}

WebSocketClient::~WebSocketClient() { *alive_ = false; }

void WebSocketClient::send(websocket::Opcode opcode, std::string_view bytes) {
  if (!is_open_ || is_over_) return;
  websocket::MaskingKey mask{};
  random_.fill(mask);
  std::array<std::byte, websocket::kMaxHeaderSize> head{};
  const std::size_t size = websocket::serialize_header(head, opcode, bytes.size(), mask);
  std::string frame{reinterpret_cast<const char*>(head.data()), size};
  frame += bytes;
  websocket::apply_mask(std::as_writable_bytes(std::span{frame}).subspan(size), mask);
  stream_.send(frame);
}

void WebSocketClient::handle_received(std::span<std::byte> bytes) {
  if (is_over_) return;
  if (!is_open_) {
    if (!answer_.read(bytes)) return close();
    if (!answer_.is_done()) return;
    if (!is_accepted()) return close();
    is_open_ = true;
    const auto alive = alive_;
    const auto opened = std::move(handler_.opened);  // which may destroy this
    opened();
    if (!*alive) return;
  }
  handle_frames(bytes);
}

void WebSocketClient::handle_frames(std::span<std::byte> bytes) {
  while (!is_over_) {
    const auto message = decoder_.next(bytes);
    if (!message) return close();
    if (!*message) return;
    switch ((*message)->opcode) {
      case websocket::Opcode::Text:
      case websocket::Opcode::Binary: {
        const auto alive = alive_;
        auto tell = std::move(handler_.message);  // it may destroy this, and goes on after that
        tell((*message)->opcode, (*message)->bytes);
        if (!*alive) return;
        handler_.message = std::move(tell);
        break;
      }
      case websocket::Opcode::Ping:
        if (stream_.unsent() > kMaxUnsentToServer) return close();  // it pings, and reads nothing
        send(websocket::Opcode::Pong, (*message)->bytes);
        break;
      case websocket::Opcode::Close:
        send(websocket::Opcode::Close, (*message)->bytes);  // RFC 6455 §5.5.1
        return close();
      case websocket::Opcode::Pong:
      case websocket::Opcode::Continuation:
        break;
    }
  }
}

void WebSocketClient::close(std::optional<net::OutgoingStream::End> end) {
  if (std::exchange(is_over_, true)) return;
  const auto closed = std::move(handler_.closed);  // which may destroy this
  closed(std::move(end));
}

/// RFC 6455 §4.1, "If the response...". No subprotocol or extension was asked for.
bool WebSocketClient::is_accepted() const {
  const auto expected = websocket::accept({.method = "GET", .version = "13", .key = key_});
  return answer_.status() == 101 && expected &&
         websocket::wants_websocket(answer_.header("Connection"), answer_.header("Upgrade")) &&
         answer_.header("Sec-WebSocket-Accept") == *expected &&
         answer_.header("Sec-WebSocket-Extensions").empty() &&
         answer_.header("Sec-WebSocket-Protocol").empty();
}

}  // namespace duet::http
