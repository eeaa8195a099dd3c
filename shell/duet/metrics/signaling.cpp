// SPDX-License-Identifier: MIT
// What the server and its machines count, under the names that docs and dashboards know.
#include <duet/metrics/signaling.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace duet::metrics {
namespace {

constexpr std::array<std::string_view, 5> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};

constexpr std::string_view kRejected = "duet_signal_rejected_total";
constexpr std::string_view kRejectedHelp = "What was refused or closed, by the rule it broke";

/// Values of a label, and the counter of each.
template <class Struct>
using Members = std::initializer_list<std::pair<std::string_view, std::uint64_t Struct::*>>;

/// Reads one counter of a struct that outlives the registry.
template <class Struct, class Number>
std::function<double()> reading(const Struct& counters, Number Struct::*member) {
  return [&counters, member] { return static_cast<double>(counters.*member); };
}

}  // namespace

void add_net(Registry& registry, const http::ServerCounters& counters) {
  using C = http::ServerCounters;
  registry.gauge("duet_connections", "TCP connections now", {}, reading(counters, &C::open));
  registry.counter("duet_connections_total", "TCP connections accepted", {},
                   reading(counters, &C::accepted));
  const Members<C> refused = {
      {"limit", &C::refused_limit},   {"descriptors", &C::refused_descriptors},
      {"tls", &C::failed_handshakes}, {"protocol", &C::unknown_protocols},
      {"timeout", &C::timed_out},     {"http", &C::bad_requests},
      {"websocket", &C::bad_frames}};
  for (const auto& [reason, member] : refused)
    registry.counter("duet_connections_refused_total",
                     "Connections ended by the server, by the rule they broke",
                     {{"reason", reason}}, reading(counters, member));
  for (std::size_t i = 0; i < kClasses.size(); ++i)
    registry.counter("duet_http_requests_total", "HTTP requests answered, by class of status",
                     {{"class", kClasses[i]}},
                     [&counters, i] { return static_cast<double>(counters.responses.at(i + 1)); });
}

void add_engine(Registry& registry, const socketio::EngineServer& engine) {
  using C = socketio::EngineCounters;
  const C& counters = engine.counters();
  for (const auto& [eio, version] :
       {std::pair{"3", socketio::EngineVersion::V3}, {"4", socketio::EngineVersion::V4}}) {
    for (const auto& [name, transport] : {std::pair{"polling", socketio::Transport::Polling},
                                          {"websocket", socketio::Transport::WebSocket}}) {
      registry.gauge("duet_sockets", "Engine.IO sessions now, by protocol and transport",
                     {{"eio", eio}, {"transport", name}},
                     [&engine, version = version, transport = transport] {
                       return static_cast<double>(engine.session_count(version, transport));
                     });
    }
  }
  registry.counter("duet_sockets_opened_total", "Engine.IO sessions by their first transport",
                   {{"transport", "polling"}}, reading(counters, &C::opened_polling));
  registry.counter("duet_sockets_opened_total", "Engine.IO sessions by their first transport",
                   {{"transport", "websocket"}}, reading(counters, &C::opened_websocket));
  registry.counter("duet_sockets_upgraded_total", "Sessions that went from polling to WebSocket",
                   {}, reading(counters, &C::upgraded));
  registry.counter(kRejected, kRejectedHelp, {{"reason", "engine_request"}}, [&counters] {
    return static_cast<double>(counters.refused - counters.refused_limit);
  });
  const Members<C> rejected = {{"engine_limit", &C::refused_limit},
                               {"engine_packet", &C::parse_errors},
                               {"heartbeat", &C::heartbeat_lost},
                               {"stalled", &C::stalled}};
  for (const auto& [reason, member] : rejected)
    registry.counter(kRejected, kRejectedHelp, {{"reason", reason}}, reading(counters, member));
}

void add_socketio(Registry& registry, const socketio::ServerCounters& counters) {
  using C = socketio::ServerCounters;
  registry.counter("duet_signal_packets_total", "Socket.IO packets", {{"result", "received"}},
                   reading(counters, &C::packets_in));
  registry.counter("duet_signal_packets_total", "Socket.IO packets", {{"result", "sent"}},
                   reading(counters, &C::packets_out));
  registry.counter("duet_signal_throttled_total", "Times a client was read slower for its rate", {},
                   reading(counters, &C::throttled));
  const Members<C> rejected = {{"packet", &C::parse_errors},
                               {"namespace", &C::unknown_namespace},
                               {"connect_timeout", &C::connect_timeouts}};
  for (const auto& [reason, member] : rejected)
    registry.counter(kRejected, kRejectedHelp, {{"reason", reason}}, reading(counters, member));
}

void add_rooms(Registry& registry, const std::function<room::Counters()>& counters) {
  using C = room::Counters;
  const auto read = [&counters](auto C::*member) -> std::function<double()> {
    return [counters, member] { return static_cast<double>(counters().*member); };
  };
  registry.gauge("duet_rooms", "Rooms with somebody in them, or a seat held", {}, read(&C::rooms));
  registry.gauge("duet_rooms_held", "Seats held for somebody who went away", {}, read(&C::held));
  const Members<C> joins = {{"created", &C::created},           {"joined", &C::joined},
                            {"resumed", &C::resumed},           {"repeated", &C::repeated},
                            {"full", &C::refused_full},         {"bad_room", &C::refused_bad_room},
                            {"draining", &C::refused_draining}, {"limit", &C::refused_limit}};
  for (const auto& [result, member] : joins)
    registry.counter("duet_room_joins_total", "Requests to enter a room, by their outcome",
                     {{"result", result}}, read(member));
  registry.counter("duet_room_leaves_total", "Seats freed, whatever the cause", {},
                   read(&C::leaves));
  registry.counter("duet_signal_messages_total", "Messages from one end of a call to the other",
                   {{"result", "relayed"}}, read(&C::messages));
  registry.counter("duet_signal_messages_total", "Messages from one end of a call to the other",
                   {{"result", "unheard"}}, read(&C::messages_unheard));
}

void add_certificate(Registry& registry, std::function<double()> expiry_seconds) {
  registry.gauge("duet_tls_certificate_expiry_timestamp_seconds",
                 "When the certificate in use ends, since 1970", {}, std::move(expiry_seconds));
}

}  // namespace duet::metrics
