// SPDX-License-Identifier: MIT
// The Engine.IO endpoints of a server: the rooms, or the fixture of the protocol suites.
#include "endpoints.hpp"

#include <duet/log/log.hpp>
#include <duet/metrics/signaling.hpp>

#include <utility>

namespace duet::apps {
namespace {

socketio::EngineConfig engine_config(const ServeOptions& options) {
  socketio::EngineConfig config{.ping_interval = *options.ping_interval,
                                .ping_timeout = *options.ping_timeout};
  if (!*options.limits) config.sessions_per_address = std::nullopt;
  return config;
}

room::Config room_config(const ServeOptions& options, room::IceConfig ice) {
  room::Config config;
  config.ice = std::move(ice);
  config.server.connect_timeout = *options.connect_timeout;
  config.seats.rooms = *options.max_rooms;
  if (!*options.limits) {
    config.server.packets_per_second = std::nullopt;
    config.seats.held_per_address = std::nullopt;
  }
  return config;
}

std::string_view sentence_of(room::SeatNews::What what) {
  switch (what) {
    case room::SeatNews::What::Created:
      return "room opened";
    case room::SeatNews::What::Joined:
      return "room joined";
    case room::SeatNews::What::Resumed:
      return "seat resumed";
    case room::SeatNews::What::Away:
      return "seat held";
    case room::SeatNews::What::Left:
      return "seat freed";
    case room::SeatNews::What::Full:
      return "room full";
  }
  return {};
}

}  // namespace

void LoggedRooms::settle(Instant now, socketio::EngineServer& engine) {
  rooms_.settle(now, engine);
  log_news();
}

void LoggedRooms::handle_timeout(Instant now, socketio::EngineServer& engine) {
  rooms_.handle_timeout(now, engine);
  log_news();
}

void LoggedRooms::log_news() {
  while (const auto news = rooms_.poll_news()) {
    DUET_INFO(Room, sentence_of(news->what), {"room", log::room(news->room)});
  }
}

room::IceConfig ice_config(const ServeOptions& options, bool tls, const std::string& secret,
                           std::chrono::sys_seconds unix_time) {
  using Own = room::IceConfig::Own;
  room::IceConfig ice{.secret = secret, .lifetime = *options.turn_ttl, .unix_time = unix_time};
  if (*options.turn) ice.own = tls ? Own::WithTls : Own::Plain;
  const bool shared = options.relay.turn_secret_file->has_value();
  for (const stun::Uri& uri : *options.ice_server) {
    const bool relays =
        uri.scheme == stun::Uri::Scheme::Turn || uri.scheme == stun::Uri::Scheme::Turns;
    if (!relays || shared) {
      ice.others.push_back(uri);
    } else {
      DUET_WARN(
          Main,
          "clients are not told of this relay, since it knows no secret of ours; share one by "
          "--turn-secret-file",
          {"url", uri.to_string()});
    }
  }
  return ice;
}

RoomEndpoint::RoomEndpoint(const ServeOptions& options, room::IceConfig ice, net::EventLoop& loop,
                           http::Server& server, const host::CorsPolicy& cors, Random& random)
    : engine_{engine_config(options), random},
      application_{room_config(options, std::move(ice)), random},
      logged_{application_},
      host_{loop, server, engine_, logged_, cors} {}

void RoomEndpoint::count_in(metrics::Registry& registry) const {
  metrics::add_engine(registry, engine_);
  metrics::add_socketio(registry, application_.server_counters());
  metrics::add_rooms(registry, [this] { return application_.counters(); });
}

void RoomEndpoint::drain(Instant now) {
  application_.drain(now, engine_);
  host_.settle(now);
}

ConformanceEndpoints::ConformanceEndpoints(net::EventLoop& loop, http::Server& server,
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
