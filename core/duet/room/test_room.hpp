// SPDX-License-Identifier: MIT
// A Signaling machine with hand-made sockets, for tests.
#pragma once

#include <duet/base/random.hpp>
#include <duet/room/memory_seats.hpp>
#include <duet/room/signaling.hpp>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::room {

using socketio::AckId;
using socketio::Blob;
using socketio::Event;
using socketio::SocketId;

/// Keeps what every socket hears, in order: events as they are, acknowledgements as "ack 7 [...]".
class TestRoom {
 public:
  explicit TestRoom(SeatLimits limits = {}, IceConfig ice = {})
      : seats{limits, random}, signaling{seats, random, std::move(ice)} {}

  /// @param authority  by which it reaches the server
  SocketId connect(IpAddress source = IpAddress::v4({192, 0, 2, 1}),
                   std::shared_ptr<const Authority> authority = nullptr) {
    const SocketId socket{++last_socket_};
    handle({.type = Event::Type::Connected,
            .socket = socket,
            .nsp = "/",
            .source = source,
            .authority = std::move(authority)});
    return socket;
  }

  void disconnect(SocketId socket) {
    handle({.type = Event::Type::Disconnected, .socket = socket});
  }

  void say(SocketId socket, std::string_view name, std::string_view arguments = "",
           std::optional<std::uint64_t> ack = {}, std::span<const Blob> attachments = {}) {
    handle({.type = Event::Type::Received,
            .socket = socket,
            .arguments = arguments,
            .name = name,
            .ack = ack ? std::optional{AckId{*ack}} : std::nullopt,
            .attachments = attachments});
  }

  void join(SocketId socket, std::string_view arguments, std::optional<std::uint64_t> ack = {}) {
    say(socket, "create or join", arguments, ack);
  }

  /// A socket that has asked for `arguments` with an acknowledgement, and its token.
  std::pair<SocketId, std::string> seat_with_token(std::string_view arguments) {
    const SocketId socket = connect();
    join(socket, arguments, 1);
    return {socket, token_in(heard(socket).back())};
  }

  void advance(Duration duration) {
    now += duration;
    signaling.handle_timeout(now);
    collect();
  }

  void drain() {
    signaling.drain();
    collect();
  }

  void set_congested(SocketId socket, bool congested) {
    signaling.set_congested(socket, congested);
    collect();
  }

  /// What the socket heard since this was last asked, with the ID of joins as "ID".
  std::vector<std::string> heard(SocketId socket) { return std::exchange(heard_[socket], {}); }

  /// Sockets that heard something nobody asked for yet.
  std::size_t unheard() const {
    std::size_t count = 0;
    for (const auto& [socket, texts] : heard_) count += texts.empty() ? 0 : 1;
    return count;
  }

  void forget() { heard_.clear(); }

  bool is_paused(SocketId socket) { return paused_[socket]; }

  static std::string token_in(const std::string& answer) {
    const std::string key = R"("token":")";
    const std::size_t at = answer.find(key);
    return at == std::string::npos ? "" : answer.substr(at + key.size(), 24);
  }

  Instant now{};
  SeededRandom random{1};
  MemorySeats seats;
  Signaling signaling;
  std::vector<Blob> last_attachments;

 private:
  void handle(const Event& event) {
    signaling.handle_event(now, event);
    collect();
  }

  void collect() {
    while (const auto emit = signaling.poll_emit()) {
      std::string text{emit->payload};
      for (const std::string_view before : {"emit(): client ", "broadcast(): client "}) {
        const std::size_t at = text.find(before);
        if (at == 2) text.replace(at + before.size(), 24, "ID");
      }
      if (emit->ack) text = "ack " + std::to_string(emit->ack->value()) + " " + text;
      heard_[emit->to].push_back(std::move(text));
      last_attachments.assign(emit->attachments.begin(), emit->attachments.end());
    }
    while (const auto flow = signaling.poll_flow()) paused_[flow->socket] = flow->paused;
  }

  std::uint64_t last_socket_ = 0;
  std::map<SocketId, std::vector<std::string>> heard_;
  std::map<SocketId, bool> paused_;
};

}  // namespace duet::room
