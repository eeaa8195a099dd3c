// SPDX-License-Identifier: MIT
// The listening end: TCP connections that speak HTTP, HTTPS and WebSocket on one port.
#include <duet/http/connection.hpp>
#include <duet/http/server.hpp>
#include <duet/http/session.hpp>
#include <duet/http/websocket_session.hpp>
#include <duet/log/log.hpp>
#include <duet/net/listener.hpp>
#include <duet/net/socket_address.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace duet::http {
namespace {

/// One read's worth: a socket's receive buffer rarely holds more on a signaling connection.
constexpr std::size_t kReadBufferSize = 65536;

/// Between two warnings that there is no descriptor left: it lasts, and says the same each time.
constexpr Duration kWarningInterval = 60s;

/// How often it is looked whether the peers of blocked connections take something: several times
/// within the five seconds after which who takes nothing is cut off.
constexpr Duration kTakenInterval = 1s;

}  // namespace

Server::Server(net::EventLoop& loop, ServerConfig config)
    : loop_{loop},
      config_{config},
      read_buffer_(kReadBufferSize),
      blocked_timer_{loop, [this] { review_blocked(); }},
      timer_{loop, [this] { handle_timer(); }} {}

Server::~Server() = default;

Endpoint Server::listen(const Endpoint& endpoint) {
  listeners_.push_back(std::make_unique<net::Listener>(
      loop_, endpoint, [this](int descriptor) { handle_accepted(descriptor); },
      [this] { handle_out_of_descriptors(); }));
  return listeners_.back()->endpoint();
}

void Server::handle_out_of_descriptors() {
  ++counters_.refused_descriptors;
  if (loop_.now() < next_warning_) return;
  next_warning_ = loop_.now() + kWarningInterval;
  DUET_WARN(Net, "no descriptor left to accept a connection with; raise the limit (ulimit -n)");
}

void Server::set_tls(std::function<std::shared_ptr<SSL_CTX>()> current_context) {
  current_context_ = std::move(current_context);
}

void Server::set_trusted(std::vector<IpPrefix> prefixes) { trusted_ = std::move(prefixes); }

void Server::handle_accepted(int descriptor) {
  net::SocketAddress peer_address;
  net::SocketAddress local_address;
  ::getpeername(descriptor, peer_address.data(), &peer_address.size);
  ::getsockname(descriptor, local_address.data(), &local_address.size);
  const Endpoint peer = net::to_endpoint(peer_address);
  ++counters_.accepted;
  if (!has_place_for(peer.address)) {
    ++counters_.refused_limit;
    DUET_DEBUG(Net, "too many connections from one address", {"peer", log::address(peer)});
    ::close(descriptor);
    return;
  }
  const ConnectionId id = connections_.insert();
  auto& connection = *connections_.find(id);
  connection =
      std::make_unique<Connection>(*this, id, descriptor, peer, net::to_endpoint(local_address));
  if (!connection->is_watched()) {
    ++counters_.refused_descriptors;
    connections_.erase(id);
    return;
  }
  if (is_counted(peer.address)) ++per_address_[peer.address.subscriber()];
  ++counters_.open;
  DUET_TRACE(Net, "connection accepted", {"peer", log::address(peer)});
  connection->start(loop_.now());
}

void Server::respond(ConnectionId id, const Response& response) {
  Connection* const connection = find(id);
  if (connection == nullptr || connection->is_over()) return;
  auto* const session = dynamic_cast<Session*>(connection->protocol());
  if (session != nullptr && session->is_waiting()) session->respond(loop_.now(), response);
}

void Server::send_message(ConnectionId id, bool text, std::string_view bytes) {
  WebSocketSession* const session = find_websocket(id);
  if (session == nullptr) return;
  session->send(text ? websocket::Opcode::Text : websocket::Opcode::Binary, bytes);
}

void Server::close_websocket(ConnectionId id, std::uint16_t code) {
  if (WebSocketSession* const session = find_websocket(id)) session->close(loop_.now(), code);
}

void Server::drop_websocket(ConnectionId id, std::uint16_t code) {
  WebSocketSession* const session = find_websocket(id);
  if (session == nullptr) return;
  session->close(loop_.now(), code);
  find(id)->close_this_turn(loop_.now());
}

void Server::pause(ConnectionId id) {
  if (Connection* const connection = find(id)) connection->pause();
}

void Server::resume(ConnectionId id) {
  if (Connection* const connection = find(id)) connection->resume();
}

void Server::begin_closing() {
  closing_ = true;
  listeners_.clear();
  connections_.for_each([this](ConnectionId id, const std::unique_ptr<Connection>&) {
    close_websocket(id, static_cast<std::uint16_t>(websocket::CloseCode::GoingAway));
  });
}

Connection* Server::find(ConnectionId id) {
  auto* const found = connections_.find(id);
  return found != nullptr ? found->get() : nullptr;
}

/// Nothing too if it is over already.
WebSocketSession* Server::find_websocket(ConnectionId id) {
  Connection* const connection = find(id);
  if (connection == nullptr || connection->is_over()) return nullptr;
  Protocol* const protocol = connection->protocol();
  return protocol != nullptr ? protocol->websocket() : nullptr;
}

/// Not those of a proxy, whose connections are everybody's.
bool Server::is_counted(const IpAddress& peer) const {
  return config_.connections_per_address &&
         std::none_of(trusted_.begin(), trusted_.end(),
                      [&](const IpPrefix& prefix) { return prefix.contains(peer); });
}

bool Server::has_place_for(const IpAddress& peer) const {
  if (!is_counted(peer)) return true;
  const auto found = per_address_.find(peer.subscriber());
  const std::size_t count = found == per_address_.end() ? 0 : found->second;
  return count < *config_.connections_per_address;
}

void Server::give_back_place(const IpAddress& peer) {
  if (!is_counted(peer)) return;
  const auto found = per_address_.find(peer.subscriber());
  if (--found->second == 0) per_address_.erase(found);
}

/// Kept until the next call, while a new connection makes its SSL of it.
SSL_CTX* Server::tls_context() {
  if (current_context_) context_in_use_ = current_context_();
  return context_in_use_.get();
}

/// RFC 9110 §5.6.7, made once a second.
const std::string& Server::date() {
  const Instant now = loop_.now();
  if (now < date_until_) return date_;
  const std::time_t seconds = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  date_.assign(text.data(), size);
  date_until_ = now + 1s;
  return date_;
}

void Server::count_response(int status) {
  ++counters_.responses[static_cast<std::size_t>(std::clamp(status / 100, 0, 5))];
}

void Server::mark_dirty(ConnectionId id) {
  dirty_.push_back(id);
  schedule_turn_end();
}

void Server::bury(ConnectionId id) {
  dead_.push_back(id);
  schedule_turn_end();
}

void Server::schedule_turn_end() {
  if (turn_end_scheduled_) return;
  turn_end_scheduled_ = true;
  loop_.defer([this] { handle_turn_end(); });
}

/// What the handlers of this turn queued leaves in one go for each connection.
void Server::handle_turn_end() {
  turn_end_scheduled_ = false;
  const Instant now = loop_.now();
  // What is marked meanwhile waits for the next turn. The two lists take turns, and keep their
  // room.
  ending_turn_.clear();
  ending_turn_.swap(dirty_);
  for (const ConnectionId id : ending_turn_) {
    if (Connection* const connection = find(id)) connection->handle_turn_end(now);
  }
  for (const ConnectionId id : std::exchange(dead_, {})) {
    const Connection* const connection = find(id);
    if (connection == nullptr) continue;
    give_back_place(connection->peer().address);
    --counters_.open;
    connections_.erase(id);
  }
}

void Server::queue_deadline(ConnectionId id, Instant deadline) {
  deadlines_.push(deadline, id,
                  [this](ConnectionId key) { return connections_.find(key) != nullptr; });
  arm_timer();
}

void Server::watch_taken(ConnectionId id, std::int64_t taken) {
  if (blocked_.empty()) blocked_timer_.set(loop_.now() + kTakenInterval);
  blocked_.push_back({.id = id, .taken = taken, .taken_at = loop_.now()});
}

void Server::review_blocked() {
  const Instant now = loop_.now();
  auto blocked = std::exchange(blocked_, {});
  std::erase_if(blocked, [&](Blocked& one) {
    Connection* const connection = find(one.id);
    return connection == nullptr || !connection->review_taken(now, one.taken, one.taken_at);
  });
  blocked.insert(blocked.end(), blocked_.begin(), blocked_.end());
  blocked_ = std::move(blocked);
  if (!blocked_.empty()) blocked_timer_.set(now + kTakenInterval);
}

void Server::arm_timer() {
  const auto next = deadlines_.next();
  if (next && *next < timer_.when()) timer_.set(*next);
}

void Server::handle_timer() {
  const Instant now = loop_.now();
  while (const auto id = deadlines_.pop(now)) {
    Connection* const connection = find(*id);
    if (connection == nullptr) continue;
    connection->queued_deadline_ = Instant::max();
    if (connection->deadline_ <= now) {
      connection->deadline_ = Instant::max();
      connection->handle_deadline(now);
    } else if (connection->deadline_ != Instant::max()) {
      connection->set_deadline(connection->deadline_);
    }
  }
  arm_timer();
}

}  // namespace duet::http
