// SPDX-License-Identifier: MIT
// The Socket.IO endpoint: its public face, and its way out.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/socketio/server_impl.hpp>

#include <algorithm>
#include <utility>

namespace duet::socketio {

Server::Server(ServerConfig config, Random& random)
    : impl_{std::make_unique<Impl>(std::move(config), random)} {}

Server::~Server() = default;

Server::Server(Server&&) noexcept = default;

void Server::handle_engine_event(Instant now, EngineServer& engine, const EngineEvent& event) {
  impl_->recycle();
  switch (event.type) {
    case EngineEvent::Type::Opened:
      return impl_->open_client(now, engine, event);
    case EngineEvent::Type::Closed:
      return impl_->close_client(event.session);
    case EngineEvent::Type::Message:
      break;
  }
  const auto found = impl_->clients.find(event.session);
  if (found == impl_->clients.end()) return;
  impl_->handle_message(now, engine, event, found->second);
}

void Server::handle_timeout(Instant now, EngineServer& engine) {
  impl_->recycle();
  while (const auto session = impl_->throttle_timers.pop(now)) {
    impl_->handle_throttle_timeout(now, engine, *session);
  }
  while (const auto session = impl_->connect_timers.pop(now)) {
    impl_->handle_connect_deadline(now, engine, *session);
  }
}

std::optional<Instant> Server::next_timeout() const {
  const auto connect = impl_->connect_timers.next();
  const auto throttle = impl_->throttle_timers.next();
  if (!connect || !throttle) return connect ? connect : throttle;
  return std::min(*connect, *throttle);
}

std::optional<Event> Server::poll_event() {
  while (impl_->next_event < impl_->events.size()) {
    const Event& event = impl_->events[impl_->next_event++];
    if (impl_->sockets.find(event.socket) == nullptr) continue;  // disconnected by the application
    if (event.type == Event::Type::Disconnected) impl_->sockets.erase(event.socket);
    return event;
  }
  return std::nullopt;
}

void Server::send_event(Instant now, EngineServer& engine, SocketId id, std::string_view payload,
                        std::span<const Blob> attachments) {
  const Impl::Socket* socket = impl_->find_socket(id);
  if (socket == nullptr) return;
  const auto type = attachments.empty() ? PacketType::Event : PacketType::BinaryEvent;
  impl_->send_packet(now, engine, socket->session,
                     {.type = type,
                      .attachments = attachments.size(),
                      .nsp = impl_->config.namespaces[socket->nsp],
                      .payload = payload},
                     attachments);
}

void Server::send_ack(Instant now, EngineServer& engine, SocketId id, AckId ack,
                      std::string_view payload, std::span<const Blob> attachments) {
  const Impl::Socket* socket = impl_->find_socket(id);
  if (socket == nullptr) return;
  const auto type = attachments.empty() ? PacketType::Ack : PacketType::BinaryAck;
  impl_->send_packet(now, engine, socket->session,
                     {.type = type,
                      .attachments = attachments.size(),
                      .nsp = impl_->config.namespaces[socket->nsp],
                      .ack = ack,
                      .payload = payload},
                     attachments);
}

void Server::disconnect(Instant now, EngineServer& engine, SocketId id) {
  Impl::Socket* socket = impl_->sockets.find(id);
  if (socket == nullptr) return;
  if (socket->gone) return impl_->sockets.erase(id);
  const SessionId session = socket->session;
  impl_->send_packet(now, engine, session,
                     {.type = PacketType::Disconnect, .nsp = impl_->config.namespaces[socket->nsp]},
                     {});
  impl_->leave(now, engine, impl_->clients.at(session), id, *socket);
  impl_->sockets.erase(id);
}

std::optional<SessionId> Server::session_of(SocketId id) const {
  const Impl::Socket* socket = impl_->find_socket(id);
  return socket == nullptr ? std::nullopt : std::optional{socket->session};
}

void Server::pause(Instant now, EngineServer& engine, SocketId id) {
  Impl::Socket* socket = impl_->find_socket(id);
  if (socket == nullptr || socket->paused) return;
  socket->paused = true;
  Impl::Client& client = impl_->clients.at(socket->session);
  ++client.paused_sockets;
  impl_->update_hold(now, engine, socket->session, client);
}

void Server::resume(Instant now, EngineServer& engine, SocketId id) {
  Impl::Socket* socket = impl_->find_socket(id);
  if (socket == nullptr || !socket->paused) return;
  socket->paused = false;
  Impl::Client& client = impl_->clients.at(socket->session);
  --client.paused_sockets;
  impl_->update_hold(now, engine, socket->session, client);
}

std::size_t Server::socket_count() const { return impl_->socket_count; }

const ServerCounters& Server::counters() const { return impl_->counters; }

Server::Impl::Impl(ServerConfig config_in, Random& random_in)
    : config{std::move(config_in)}, random{random_in} {
  DUET_CHECK(config.namespaces.size() < 0xFFFF);
  DUET_CHECK(!config.packets_per_second || *config.packets_per_second > 0);
}

/// What was polled before may go now.
void Server::Impl::recycle() {
  if (next_event == 0 || next_event != events.size()) return;
  next_event = 0;
  events.clear();
  names.clear();
  assemblies.clear();
}

Server::Impl::Socket* Server::Impl::find_socket(SocketId id) {
  Socket* socket = sockets.find(id);
  return socket == nullptr || socket->gone ? nullptr : socket;
}

void Server::Impl::send_packet(Instant now, EngineServer& engine, SessionId session,
                               const Packet& packet, std::span<const Blob> attachments) {
  ++counters.packets_out;
  packet_scratch.clear();
  append_packet(packet_scratch, packet);
  engine.send(now, session, MessageKind::Text, packet_scratch);
  for (const Blob& blob : attachments) {
    engine.send(now, session, MessageKind::Binary, as_text(blob));
  }
}

}  // namespace duet::socketio
