// SPDX-License-Identifier: MIT
// A WebSocket that we open (RFC 6455 §4.1).
#pragma once

#include <duet/base/random.hpp>
#include <duet/http/answer.hpp>
#include <duet/http/origin.hpp>
#include <duet/websocket/decoder.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::http {

/// Connects at once. Callbacks come from the loop, and each may destroy the client.
class WebSocketClient {
 public:
  static constexpr std::size_t kMaxMessage = 4'194'304;

  struct Handler {
    std::function<void()> opened;
    std::function<void(websocket::Opcode, std::string_view)> message;     ///< Text or Binary
    std::function<void(std::optional<net::OutgoingStream::End>)> closed;  ///< the last call
  };

  /// @param random  for keys and masks; outlives this
  WebSocketClient(net::EventLoop& loop, const Origin& origin, std::string_view target,
                  Random& random, Handler handler);

  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  /// A whole message, or a control frame; goes out as one frame.
  void send(websocket::Opcode opcode, std::string_view bytes);

  /// See net::OutgoingStream.
  bool is_stranded() const { return stream_.is_stranded(); }

 private:
  void handle_received(std::span<std::byte> bytes);
  void handle_frames(std::span<std::byte> bytes);
  void close(std::optional<net::OutgoingStream::End> end = std::nullopt);
  bool is_accepted() const;

  Random& random_;
  Handler handler_;
  std::string key_;
  Answer answer_{Answer::Body::None};
  websocket::Decoder decoder_;
  bool is_open_ = false;
  bool is_over_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::OutgoingStream stream_;
};

}  // namespace duet::http
