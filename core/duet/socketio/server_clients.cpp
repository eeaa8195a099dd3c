// SPDX-License-Identifier: MIT
// Sessions come and go, enter namespaces and leave them: Socket.IO protocol, "Connection to a
// namespace" and "Disconnection".
#include <duet/socketio/server_impl.hpp>

#include <algorithm>

namespace duet::socketio {
namespace {

constexpr std::string_view kMainNamespace = "/";
constexpr std::string_view kInvalidNamespace = R"({"message":"Invalid namespace"})";
constexpr std::string_view kInvalidNamespaceV3 = R"("Invalid namespace")";  // protocols 3 and 4

std::optional<std::uint16_t> index_of(const std::vector<std::string>& names,
                                      std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - names.begin());
}

}  // namespace

void Server::Impl::open_client(Instant now, EngineServer& engine, const EngineEvent& event) {
  Client& client = clients[event.session];
  client.version = event.version;
  client.tokens = static_cast<float>(config.packet_burst);
  client.tokens_at = now;
  // Protocols 3 and 4: "/" is entered by being there.
  if (event.version == EngineVersion::V3) {
    const auto main = index_of(config.namespaces, kMainNamespace);
    if (main) enter(now, engine, event.session, client, *main, {});
  }
  if (client.has_entered) return;
  connect_timers.push(now + config.connect_timeout, event.session, [&](SessionId session) {
    const auto found = clients.find(session);
    return found != clients.end() && !found->second.has_entered;
  });
}

void Server::Impl::close_client(SessionId session) {
  const auto found = clients.find(session);
  if (found == clients.end()) return;
  for (SocketId id = found->second.first; Socket* socket = sockets.find(id); id = socket->next) {
    socket->gone = true;
    --socket_count;
    events.push_back({.type = Event::Type::Disconnected, .socket = id});
  }
  clients.erase(found);
}

void Server::Impl::fail_client(Instant now, EngineServer& engine, SessionId session) {
  ++counters.parse_errors;
  close_client(session);
  engine.close_for_error(now, session);
}

void Server::Impl::connect(Instant now, EngineServer& engine, SessionId session, Client& client,
                           const Packet& packet) {
  const bool is_v3 = client.version == EngineVersion::V3;
  const auto nsp = index_of(config.namespaces, packet.nsp);
  if (nsp) return enter(now, engine, session, client, *nsp, is_v3 ? "" : packet.payload);
  ++counters.unknown_namespace;
  send_packet(now, engine, session,
              {.type = PacketType::ConnectError,
               .nsp = packet.nsp,
               .payload = is_v3 ? kInvalidNamespaceV3 : kInvalidNamespace},
              {});
}

void Server::Impl::enter(Instant now, EngineServer& engine, SessionId session, Client& client,
                         std::uint16_t nsp, std::string_view payload) {
  const SocketId id = sockets.insert(Socket{.session = session, .next = client.first, .nsp = nsp});
  client.first = id;
  client.has_entered = true;
  ++socket_count;
  ++counters.connected;
  // Clients 2.x make their id themselves.
  const bool is_v3 = client.version == EngineVersion::V3;
  const std::string answer = is_v3 ? "" : R"({"sid":")" + random_name(random) + R"("})";
  send_packet(now, engine, session,
              {.type = PacketType::Connect, .nsp = config.namespaces[nsp], .payload = answer}, {});
  events.push_back({.type = Event::Type::Connected,
                    .socket = id,
                    .nsp = config.namespaces[nsp],
                    .source = engine.source_of(session),
                    .authority = engine.authority_of(session),
                    .arguments = payload});
}

/// Takes the socket from its client. It stays findable, as gone, until it is erased.
void Server::Impl::leave(Instant now, EngineServer& engine, Client& client, SocketId id,
                         Socket& socket) {
  SocketId* link = &client.first;
  while (*link != id) link = &sockets.find(*link)->next;
  *link = socket.next;
  socket.gone = true;
  --socket_count;
  if (!socket.paused) return;
  --client.paused_sockets;
  update_hold(now, engine, socket.session, client);
}

SocketId Server::Impl::socket_in(const Client& client, std::string_view nsp) {
  SocketId id = client.first;
  while (const Socket* socket = sockets.find(id)) {
    if (config.namespaces[socket->nsp] == nsp) return id;
    id = socket->next;
  }
  return {};
}

void Server::Impl::handle_connect_deadline(Instant now, EngineServer& engine, SessionId session) {
  const auto found = clients.find(session);
  if (found == clients.end() || found->second.has_entered) return;
  ++counters.connect_timeouts;
  close_client(session);
  engine.close(now, session);
}

}  // namespace duet::socketio
