// SPDX-License-Identifier: MIT
// What the relay counts.
#include <duet/metrics/relay.hpp>
#include <duet/turn/counters.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace duet::metrics {
namespace {

constexpr std::array<std::string_view, 3> kTransports = {"udp", "tcp", "tls"};

}  // namespace

void add_relay(Registry& registry, const host::RelayHost& relay) {
  const turn::Counters& counters = relay.machine().counters();
  for (std::size_t i = 0; i < kTransports.size(); ++i) {
    registry.gauge("duet_turn_allocations", "Allocations now, by the client's transport",
                   {{"transport", kTransports[i]}},
                   [&relay, i] { return static_cast<double>(relay.allocations().at(i)); });
  }
  registry.counter("duet_turn_allocations_total", "Allocations made", {},
                   [&counters] { return static_cast<double>(counters.allocations_made); });

  using Member = std::pair<std::string_view, std::uint64_t turn::Totals::*>;
  for (const auto& [direction, member] : {Member{"from_client", &turn::Totals::from_client_bytes},
                                          Member{"to_client", &turn::Totals::to_client_bytes}}) {
    registry.counter(
        "duet_turn_relayed_bytes_total", "Payload relayed, in bytes", {{"direction", direction}},
        [&counters, member = member] { return static_cast<double>(counters.relayed.*member); });
  }
  for (const auto& [direction, member] : {Member{"from_client", &turn::Totals::from_client_packets},
                                          Member{"to_client", &turn::Totals::to_client_packets}}) {
    registry.counter(
        "duet_turn_relayed_packets_total", "Packets relayed", {{"direction", direction}},
        [&counters, member = member] { return static_cast<double>(counters.relayed.*member); });
  }
  registry.counter(
      "duet_turn_auth_failures_total", "Requests with a wrong name or password", {},
      [&counters] { return static_cast<double>(counters.of(turn::Reason::WrongCredential)); });
  for (std::size_t i = 0; i < turn::kReasons; ++i) {
    const auto reason = static_cast<turn::Reason>(i);
    registry.counter("duet_turn_denied_total", "Messages refused or dropped, by the reason",
                     {{"reason", to_string(reason)}},
                     [&counters, reason] { return static_cast<double>(counters.of(reason)); });
  }
  registry.counter("duet_turn_denied_total", "Messages refused or dropped, by the reason",
                   {{"reason", "bad_stream"}},
                   [&relay] { return static_cast<double>(relay.counters().bad_streams); });
  registry.counter("duet_turn_denied_total", "Messages refused or dropped, by the reason",
                   {{"reason", "slow_reader"}},
                   [&relay] { return static_cast<double>(relay.counters().dropped); });
  registry.counter("duet_turn_denied_total", "Messages refused or dropped, by the reason",
                   {{"reason", "not_sent"}},
                   [&relay] { return static_cast<double>(relay.counters().lost); });
  registry.counter("duet_stun_requests_total", "Binding requests answered", {},
                   [&counters] { return static_cast<double>(counters.bindings); });
}

}  // namespace duet::metrics
