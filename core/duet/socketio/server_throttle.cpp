// SPDX-License-Identifier: MIT
// Who sends too fast is read slower: a bucket of tokens, one for each packet and attachment.
#include <duet/socketio/server_impl.hpp>

#include <algorithm>
#include <chrono>

namespace duet::socketio {
namespace {

/// So much of a second's packets has to be there before a throttled session is read again, since
/// stopping and starting for every packet would cost more than the packet.
constexpr double kRestartSeconds = 0.1;

using Seconds = std::chrono::duration<double>;

}  // namespace

void Server::Impl::refill(Instant now, Client& client) const {
  if (now <= client.tokens_at) return;
  const double gained = Seconds{now - client.tokens_at}.count() * *config.packets_per_second;
  client.tokens = static_cast<float>(std::min(config.packet_burst, client.tokens + gained));
  client.tokens_at = now;
}

void Server::Impl::charge(Instant now, EngineServer& engine, SessionId session, Client& client) {
  if (!config.packets_per_second) return;
  refill(now, client);
  client.tokens -= 1;
  if (client.tokens >= 0 || client.throttled) return;
  client.throttled = true;
  ++counters.throttled;
  throttle_timers.push(now,
                       session);  // which works out when, after all that was read already has come
  update_hold(now, engine, session, client);
}

void Server::Impl::handle_throttle_timeout(Instant now, EngineServer& engine, SessionId session) {
  const auto found = clients.find(session);
  if (found == clients.end()) return;
  Client& client = found->second;
  refill(now, client);
  const double rate = *config.packets_per_second;
  const double missing = std::min(config.packet_burst, rate * kRestartSeconds) - client.tokens;
  if (missing > 0) {
    const Seconds wait{missing / rate};
    return throttle_timers.push(now + 1ms + std::chrono::duration_cast<Duration>(wait), session);
  }
  client.throttled = false;
  update_hold(now, engine, session, client);
}

void Server::Impl::update_hold(Instant now, EngineServer& engine, SessionId session,
                               Client& client) {
  const bool is_held = client.throttled || client.paused_sockets > 0;
  if (is_held == client.held) return;
  client.held = is_held;
  if (is_held) {
    engine.pause(now, session);
  } else {
    engine.resume(now, session);
  }
}

}  // namespace duet::socketio
