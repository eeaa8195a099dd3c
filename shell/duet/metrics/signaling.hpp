// SPDX-License-Identifier: MIT
// What the server and its machines count, under the names that docs and dashboards know.
#pragma once

#include <duet/http/server.hpp>
#include <duet/metrics/registry.hpp>
#include <duet/room/signaling.hpp>
#include <duet/socketio/engine_server.hpp>
#include <duet/socketio/server.hpp>

#include <functional>

namespace duet::metrics {

/// duet_connections, duet_connections_total, duet_connections_refused_total{reason},
/// duet_http_requests_total{class}. The counters must outlive the registry.
void add_net(Registry& registry, const http::ServerCounters& counters);

/// duet_sockets{eio,transport}, duet_sockets_opened_total{transport}, duet_sockets_upgraded_total,
/// and what Engine.IO has for duet_signal_rejected_total{reason}. The engine must outlive the
/// registry.
void add_engine(Registry& registry, const socketio::EngineServer& engine);

/// duet_signal_packets_total{result}, duet_signal_throttled_total, and what Socket.IO has for
/// duet_signal_rejected_total{reason}. The counters must outlive the registry.
void add_socketio(Registry& registry, const socketio::ServerCounters& counters);

/// duet_rooms, duet_rooms_held, duet_room_joins_total{result}, duet_room_leaves_total,
/// duet_signal_messages_total{result}.
void add_rooms(Registry& registry, const std::function<room::Counters()>& counters);

/// duet_tls_certificate_expiry_timestamp_seconds, since 1970.
void add_certificate(Registry& registry, std::function<double()> expiry_seconds);

}  // namespace duet::metrics
