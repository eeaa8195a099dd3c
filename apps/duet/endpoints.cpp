// SPDX-License-Identifier: MIT
// The Engine.IO endpoints of a server: the rooms, or the fixture of the protocol suites.
#include "endpoints.hpp"

namespace duet::apps {
namespace {

socketio::EngineConfig engine_config(const ServeOptions& options) {
  socketio::EngineConfig config{.ping_interval = *options.ping_interval,
                                .ping_timeout = *options.ping_timeout};
  if (!*options.limits) config.sessions_per_address = std::nullopt;
  return config;
}

room::Config room_config(const ServeOptions& options) {
  room::Config config;
  config.server.connect_timeout = *options.connect_timeout;
  config.seats.rooms = *options.max_rooms;
  if (!*options.limits) {
    config.server.packets_per_second = std::nullopt;
    config.seats.held_per_address = std::nullopt;
  }
  return config;
}

}  // namespace

RoomEndpoint::RoomEndpoint(const ServeOptions& options, net::EventLoop& loop, net::Server& server,
                           const host::CorsPolicy& cors, Random& random)
    : engine_{engine_config(options), random},
      application_{room_config(options), random},
      host_{loop, server, engine_, application_, cors} {}

void RoomEndpoint::drain(Instant now) {
  application_.drain(now, engine_);
  host_.settle(now);
}

ConformanceEndpoints::ConformanceEndpoints(net::EventLoop& loop, net::Server& server,
                                           const host::CorsPolicy& cors, Random& random)
    : echo_engine_{conformance_engine(), random},
      echo_host_{loop, server, echo_engine_, echo_, cors},
      engine_{conformance_engine(), random},
      application_{random},
      host_{loop, server, engine_, application_, cors} {}

void ConformanceEndpoints::mount_on(host::Site& site) {
  site.mount("/engine.io/", echo_host_);
  site.mount("/socket.io/", host_);
}

}  // namespace duet::apps
