// SPDX-License-Identifier: MIT
// What the relay counts.
#pragma once

#include <duet/host/relay_host.hpp>
#include <duet/metrics/registry.hpp>

namespace duet::metrics {

/// duet_turn_allocations{transport}, duet_turn_allocations_total,
/// duet_turn_relayed_bytes_total{direction}, duet_turn_relayed_packets_total{direction},
/// duet_turn_auth_failures_total, duet_turn_denied_total{reason}, duet_stun_requests_total. The
/// host must outlive the registry.
void add_relay(Registry& registry, const host::RelayHost& relay);

}  // namespace duet::metrics
