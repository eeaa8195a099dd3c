// SPDX-License-Identifier: MIT
// The Engine.IO endpoints of a server: the rooms, or the fixture of the protocol suites.
#pragma once

#include "conformance.hpp"
#include "serve_options.hpp"
#include <duet/base/random.hpp>
#include <duet/host/cors.hpp>
#include <duet/host/signaling_host.hpp>
#include <duet/host/site.hpp>
#include <duet/http/server.hpp>
#include <duet/metrics/registry.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/room/application.hpp>
#include <duet/socketio/application.hpp>
#include <duet/socketio/engine_server.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace duet::apps {

/// The room protocol, with a log line for each thing that happens to a seat.
class LoggedRooms final : public socketio::Application {
 public:
  explicit LoggedRooms(room::SignalingApplication& rooms) : rooms_{rooms} {}

  void settle(Instant now, socketio::EngineServer& engine) override;
  void handle_timeout(Instant now, socketio::EngineServer& engine) override;

  std::optional<Instant> next_timeout() const override { return rooms_.next_timeout(); }

 private:
  void log_news();

  room::SignalingApplication& rooms_;
};

/// What clients are told of STUN and TURN servers. Relays of others that can't know `secret` are
/// left out, with a warning.
/// @param tls        whether this server speaks TLS itself
/// @param secret     signs credentials
/// @param unix_time  the wall clock at Instant{}
room::IceConfig ice_config(const ServeOptions& options, bool tls, const std::string& secret,
                           std::chrono::sys_seconds unix_time);

/// /socket.io/ with the room protocol.
class RoomEndpoint {
 public:
  RoomEndpoint(const ServeOptions& options, room::IceConfig ice, net::EventLoop& loop,
               http::Server& server, const host::CorsPolicy& cors, Random& random);

  void mount_on(host::Site& site) { site.mount("/socket.io/", host_); }

  /// The registry must not outlive the endpoint.
  void count_in(metrics::Registry& registry) const;

  /// Tells every client that the server is about to stop.
  void drain(Instant now);

  /// Corrects the wall clock that credentials end by.
  void set_unix_time(Instant now, std::chrono::sys_seconds unix_time) {
    application_.set_unix_time(now, unix_time);
  }

  const socketio::EngineServer& engine() const { return engine_; }

  const room::SignalingApplication& application() const { return application_; }

 private:
  socketio::EngineServer engine_;
  room::SignalingApplication application_;
  LoggedRooms logged_;
  host::SignalingHost host_;
};

/// /engine.io/ and /socket.io/ as the published suites want them.
class ConformanceEndpoints {
 public:
  ConformanceEndpoints(net::EventLoop& loop, http::Server& server, const host::CorsPolicy& cors,
                       Random& random);

  void mount_on(host::Site& site);

 private:
  socketio::EngineServer echo_engine_;
  EchoApplication echo_;
  host::SignalingHost echo_host_;
  socketio::EngineServer engine_;
  ConformanceApplication application_;
  host::SignalingHost host_;
};

}  // namespace duet::apps
