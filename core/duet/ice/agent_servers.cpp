// SPDX-License-Identifier: MIT
// An ICE agent: which servers it asks, and what becomes of that when they change.
#include <duet/ice/agent.hpp>

#include <algorithm>
#include <utility>

namespace duet::ice {

void Agent::set_servers(Instant now, std::vector<Server> servers) {
  const std::vector<Server> old = std::exchange(config_.servers, std::move(servers));
  const auto place_now = [&](std::size_t place) {
    if (place == kFormerServer) return kFormerServer;
    const auto at = std::ranges::find_if(config_.servers, [&](const Server& server) {
      return server.kind == old[place].kind && server.carrier == old[place].carrier &&
             server.endpoint == old[place].endpoint;
    });
    return at == config_.servers.end() ? kFormerServer
                                       : static_cast<std::size_t>(at - config_.servers.begin());
  };
  for (Query& query : queries_) query.server = place_now(query.server);
  for (Relay& relay : relays_) {
    relay.server = place_now(relay.server);
    if (relay.server == kFormerServer) continue;
    relay.credential = config_.servers[relay.server].credential;
    if (relay.client) relay.client->set_credential(now, relay.credential);
  }
  for (LocalCandidate& local : locals_) {
    if (!local.server) continue;
    local.server = place_now(*local.server);
    if (local.server == kFormerServer) local.server.reset();
  }
  if (!has_all_addresses_ && !config_.is_lite) {
    if (gathering_deadline_) gathering_deadline_ = now + kGatherPatience;
    for (const LocalAddress& address : addresses_) ask_servers(now, address);
  }
  update(now);
}

bool Agent::is_asked(std::size_t server, const LocalAddress& address) const {
  const auto asks = [&](const auto& one) {
    return one.server == server && one.base == address.base;
  };
  if (std::ranges::any_of(queries_, asks)) return true;
  // Streams are opened once for each address, with its socket or without one.
  const bool is_stream = config_.servers[server].carrier != Carrier::Udp;
  return std::ranges::any_of(relays_, [&](const Relay& relay) {
    return is_stream ? relay.server == server && relay.base.address == address.base.address
                     : asks(relay);
  });
}

/// All that were not asked from this address yet.
void Agent::ask_servers(Instant now, const LocalAddress& address) {
  for (std::size_t i = 0; i < config_.servers.size(); ++i) {
    const Server& server = config_.servers[i];
    const IpAddress& to = server.endpoint.address;
    const IpAddress& from = address.base.address;
    if (to.family() != from.family() || to.is_loopback() != from.is_loopback()) continue;
    if (server.carrier == Carrier::Udp && address.tcp) continue;
    if (is_asked(i, address)) continue;
    if (server.kind == Server::Kind::Turn) {
      ask_relay(now, i, address);
    } else if (config_.policy == Policy::All) {
      Query query;
      query.server = i;
      query.to = server.endpoint;
      query.base = address.base;
      query.again = now;
      queries_.push_back(std::move(query));
    }
  }
  handle_query_timeouts(now);
}

void Agent::tell_failure(std::size_t server, const Endpoint& base,
                         std::optional<stun::ErrorCode> code) {
  if (server != kFormerServer) emit(ServerFailed{server, base, code});
}

}  // namespace duet::ice
