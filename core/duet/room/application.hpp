// SPDX-License-Identifier: MIT
// The room protocol on an Engine.IO endpoint.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/room/memory_seats.hpp>
#include <duet/room/signaling.hpp>
#include <duet/socketio/application.hpp>
#include <duet/socketio/engine_server.hpp>
#include <duet/socketio/server.hpp>

#include <optional>
#include <unordered_set>

namespace duet::room {

struct Config {
  socketio::ServerConfig server;
  SeatLimits seats;
  IceConfig ice;
};

/// What production puts on /socket.io/: Socket.IO, and on it the room protocol with rooms in
/// memory.
class SignalingApplication final : public socketio::Application {
 public:
  /// @param random  for socket ids, tokens and names; must outlive the application
  SignalingApplication(Config config, Random& random);

  void settle(Instant now, socketio::EngineServer& engine) override;
  void handle_timeout(Instant now, socketio::EngineServer& engine) override;
  std::optional<Instant> next_timeout() const override;

  /// Tells every client that the server is about to stop (Signaling::drain).
  void drain(Instant now, socketio::EngineServer& engine);

  /// Corrects the wall clock that credentials end by.
  void set_unix_time(Instant now, std::chrono::sys_seconds unix_time) {
    signaling_.set_unix_time(now, unix_time);
  }

  /// What happened to seats since it was asked last (Signaling::poll_news).
  std::optional<SeatNews> poll_news() { return signaling_.poll_news(); }

  Counters counters() const { return signaling_.counters(); }

  const socketio::ServerCounters& server_counters() const { return server_.counters(); }

 private:
  void take_events(Instant now, socketio::EngineServer& engine);
  void take_emits(Instant now, socketio::EngineServer& engine);
  bool take_congestion(Instant now, socketio::EngineServer& engine);
  bool is_congested(const socketio::EngineServer& engine, socketio::SocketId socket) const;

  socketio::Server server_;
  MemorySeats seats_;
  Signaling signaling_;
  /// Sockets whose session is congested. Each has a megabyte waiting, so they are few.
  std::unordered_set<socketio::SocketId> congested_;
};

}  // namespace duet::room
