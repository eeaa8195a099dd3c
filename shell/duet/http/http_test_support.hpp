// SPDX-License-Identifier: MIT
// A server on loopback, its clients, and a service that counts, for the tests of this folder.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/http/server.hpp>
#include <duet/http/service.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/socket_address.hpp>
#include <duet/websocket/frame.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::http {

/// Answers /wait only when told to, /big with 8 MB, /file with 8 MB that are kept alive, /heads
/// with what Host and X say, the rest with method and target; a WebSocket at /echo sends back what
/// it gets.
class TestService final : public Service, public WebSocketService {
 public:
  Server* server = nullptr;
  std::optional<ConnectionId> waiting;
  std::weak_ptr<const std::string> kept;  ///< the content of /file, while an answer holds it
  std::size_t answered = 0;
  int aborted = 0;
  int opened = 0;
  ConnectionId last{};  ///< of those opened
  int closed = 0;
  std::size_t sent = 0;
  std::map<std::uint64_t, int> taken_by;  ///< times that a connection took something unseen

  void handle_request(ConnectionId id, const Request& request) override {
    if (request.path == "/wait") {
      waiting = id;
      return;
    }
    Response response =
        text_response(200, std::string{request.method} + " " + std::string{request.target} + " " +
                               std::string{request.body});
    if (request.path == "/heads") response.body = request.list("Host") + ";" + request.list("X");
    if (request.path == "/big") response.body.assign(8'000'000, 'b');
    if (request.path == "/file") {
      auto file = std::make_shared<const std::string>(8'000'000, 'f');
      response.view = *file;
      kept = file;
      response.keep_alive = std::move(file);
    }
    server->respond(id, response);
  }

  void handle_response_sent(ConnectionId, std::size_t bytes) override { answered += bytes; }

  void handle_request_aborted(ConnectionId) override { ++aborted; }

  UpgradeAnswer handle_websocket_opening(ConnectionId, const Request& request) override {
    UpgradeAnswer answer;
    if (request.path == "/echo") {
      answer.service = this;
    } else {
      answer.refusal = text_response(404, "No.");
    }
    return answer;
  }

  std::vector<std::pair<std::string, std::string>> headers_of_error(const Request&) override {
    return {{"X-Error", "yes"}};
  }

  void handle_websocket_opened(ConnectionId id) override {
    ++opened;
    last = id;
    server->send_message(id, true, "welcome");
  }

  void handle_websocket_message(ConnectionId id, bool text, std::string_view bytes) override {
    if (bytes == "close me") return server->close_websocket(id, 1001);
    server->send_message(id, text, bytes);
  }

  void handle_websocket_sent(ConnectionId id, std::size_t bytes) override {
    sent += bytes;
    if (bytes == 0) ++taken_by[id.value()];
  }

  void handle_websocket_closed(ConnectionId) override { ++closed; }
};

class HttpServer : public testing::Test {
 protected:
  explicit HttpServer(ServerConfig config = {}) : server{loop, config} {
    service.server = &server;
    server.set_service(service);
    endpoint = server.listen({*IpAddress::parse("127.0.0.1"), 0});
  }

  ~HttpServer() override {
    for (const int descriptor : clients) ::close(descriptor);
  }

  int connect() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const net::SocketAddress address = net::to_socket_address(endpoint);
    EXPECT_EQ(::connect(descriptor, address.data(), address.size), 0);
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    clients.push_back(descriptor);
    return descriptor;
  }

  void turn() {
    while (loop.run_turn(0s)) {
    }
  }

  void send(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      turn();
      if (sent < 0 && errno != EAGAIN) return;
    }
  }

  /// Everything that comes until `quiet` turns bring nothing; "<end>" where the stream ended.
  std::string receive(int descriptor) {
    std::string all;
    for (int quiet = 0; quiet < 5;) {
      turn();
      std::array<char, 65536> buffer{};
      const ssize_t got = ::recv(descriptor, buffer.data(), buffer.size(), 0);
      if (got > 0) {
        all.append(buffer.data(), static_cast<std::size_t>(got));
        quiet = 0;
      } else if (got == 0) {
        return all + "<end>";
      } else {
        ++quiet;
        pollfd entry{descriptor, POLLIN, 0};
        ::poll(&entry, 1, 2);
      }
    }
    return all;
  }

  /// Ends it without a word but RST.
  void reset(int descriptor) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    std::erase(clients, descriptor);
    ::close(descriptor);
    turn();
  }

  std::string ask(std::string_view request) {
    const int descriptor = connect();
    send(descriptor, request);
    return receive(descriptor);
  }

  static std::string frame(unsigned first_byte, std::string_view payload) {
    std::array<std::byte, websocket::kMaxHeaderSize> head{};
    const websocket::MaskingKey key{};
    const std::size_t size =
        websocket::serialize_header(head, websocket::Opcode::Text, payload.size(), key);
    head[0] = static_cast<std::byte>(first_byte);
    return std::string{as_text(std::span{head}.first(size))} + std::string{payload};
  }

  static constexpr std::string_view kUpgrade =
      "GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

  net::EventLoop loop;
  TestService service;
  Server server;
  Endpoint endpoint;
  std::vector<int> clients;
};

}  // namespace duet::http
