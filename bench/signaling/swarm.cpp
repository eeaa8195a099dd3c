// SPDX-License-Identifier: MIT
// Many Socket.IO clients on raw WebSockets, driven by one epoll loop in one thread.
#include "swarm.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace duet::bench {
namespace {

constexpr std::array<unsigned char, 4> kMask{0x5A, 0xC3, 0x1F, 0x88};
constexpr std::string_view kTimeKey = R"("t":)";

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch() / std::chrono::nanoseconds{1});
}

}  // namespace

Swarm::Swarm(std::uint16_t port, std::size_t clients) : port_{port}, clients_(clients) {
  rooms_ = "room " + std::to_string(now_ns()) + ' ';
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) fail("epoll_create1");
}

Swarm::~Swarm() {
  cut_all();
  ::close(epoll_);
}

void Swarm::connect_client(std::size_t index) {
  Client& client = clients_[index];
  client.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.fd < 0) fail("socket");
  const int on = 1;
  setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(client.fd, generic, sizeof address) < 0 && errno != EINPROGRESS) fail("connect");
  client.state = State::Connecting;
  client.in.clear();
  client.out.clear();
  ++settling_;
  watch(index, EPOLLOUT, EPOLL_CTL_ADD);
}

void Swarm::close_client(Client& client) {
  if (client.fd < 0) return;
  ::close(client.fd);
  client.fd = -1;
  if (client.state != State::Seated) --settling_;
  client.state = State::Off;
}

void Swarm::cut_all() {
  for (Client& client : clients_) close_client(client);
}

void Swarm::seat_all(std::size_t in_flight, std::chrono::seconds patience) {
  const auto end = Clock::now() + patience;
  std::size_t next = 0;
  for (;;) {
    while (settling_ < in_flight && next < clients_.size()) {
      if (clients_[next].state == State::Off) connect_client(next);
      ++next;
    }
    if (next == clients_.size() && settling_ == 0) return;
    if (Clock::now() > end) throw std::runtime_error("not all clients got a seat in time");
    turn(100);
  }
}

void Swarm::watch(std::size_t index, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = index;
  if (epoll_ctl(epoll_, operation, clients_[index].fd, &event) < 0) fail("epoll_ctl");
}

void Swarm::turn(int timeout_ms) {
  std::array<epoll_event, 512> events{};
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto index = static_cast<std::size_t>(event.data.u64);
    if ((event.events & EPOLLOUT) != 0) handle_writable(index);
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) handle_readable(index);
  }
}

void Swarm::handle_writable(std::size_t index) {
  Client& client = clients_[index];
  if (client.fd < 0) return;
  if (client.state == State::Connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    if (error != 0) fail("connect");
    client.state = State::Upgrading;
    client.out = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:" +
                 std::to_string(port_) +
                 "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  }
  const std::string out = std::exchange(client.out, {});
  write(client, out);
  if (client.out.empty()) watch(index, EPOLLIN, EPOLL_CTL_MOD);
}

void Swarm::write(Client& client, std::string_view bytes) {
  if (client.out.empty()) {
    const auto sent = ::send(client.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (bytes.empty()) return;
    const auto index = static_cast<std::size_t>(&client - clients_.data());
    watch(index, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  }
  client.out += bytes;
}

void Swarm::handle_readable(std::size_t index) {
  static std::array<char, 262144> buffer;
  Client& client = clients_[index];
  if (client.fd < 0) return;
  const auto got = ::recv(client.fd, buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    ++counters_.lost;
    if (client.state != State::Seated) throw std::runtime_error("the server closed a new client");
    return close_client(client);
  }
  std::string_view bytes{buffer.data(), static_cast<std::size_t>(got)};
  if (client.in.empty()) {
    bytes.remove_prefix(handle_bytes(index, bytes));
    client.in = bytes;
  } else {
    client.in += bytes;
    client.in.erase(0, handle_bytes(index, client.in));
  }
}

/// @return bytes understood
std::size_t Swarm::handle_bytes(std::size_t index, std::string_view bytes) {
  Client& client = clients_[index];
  std::size_t used = 0;
  if (client.state == State::Upgrading) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    if (!bytes.starts_with("HTTP/1.1 101")) throw std::runtime_error("no WebSocket was granted");
    client.state = State::Opening;
    used = end + 4;
  }
  // RFC 6455 §5.2, unmasked and unfragmented, as servers send to us.
  while (bytes.size() - used >= 2) {
    const auto* head = reinterpret_cast<const unsigned char*>(bytes.data() + used);
    std::size_t length = head[1] & 0x7FU;
    const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (bytes.size() - used < 2 + extended) break;
    if (extended != 0) length = 0;
    for (std::size_t i = 0; i < extended; ++i) length = length << 8 | head[2 + i];
    if (bytes.size() - used < 2 + extended + length) break;
    if ((head[0] & 0x0FU) == 1) handle_text(index, bytes.substr(used + 2 + extended, length));
    used += 2 + extended + length;
  }
  return used;
}

void Swarm::handle_text(std::size_t index, std::string_view text) {
  Client& client = clients_[index];
  if (text.starts_with(R"(42["message")")) {
    ++counters_.relayed;
    const auto at = text.find(kTimeKey);
    std::uint64_t sent = 0;
    std::from_chars(text.data() + at + kTimeKey.size(), text.data() + text.size(), sent);
    return latencies_.push_back(static_cast<float>(now_ns() - sent) / 1000.0F);
  }
  if (text.starts_with(R"(42["log",[">>> Message from server: ","Got)")) {
    ++counters_.echoed;
    return;
  }
  if (text == "2") return send_text(client, "3");
  if (text.starts_with("0{")) return send_text(client, "40");
  if (text.starts_with("40{")) {
    client.state = State::Joining;
    std::string request = R"(420["create or join",")" + rooms_ + std::to_string(index / 2) + '"';
    if (!client.token.empty()) request += R"(,{"token":")" + client.token + "\"}";
    return send_text(client, request + "]");
  }
  if (!text.starts_with("430[{") || client.state != State::Joining) return;
  --settling_;
  client.state = State::Seated;
  if (!text.starts_with(R"(430[{"ok":true)")) {
    ++counters_.refused;
    return;
  }
  ++counters_.seated;
  constexpr std::string_view kTokenKey = R"("token":")";
  if (const auto at = text.find(kTokenKey); at != std::string_view::npos) {
    const auto rest = text.substr(at + kTokenKey.size());
    client.token = rest.substr(0, rest.find('"'));
  }
}

void Swarm::send_text(Client& client, std::string_view text) {
  frame_.clear();
  frame_ += static_cast<char>(0x81);
  if (text.size() < 126) {
    frame_ += static_cast<char>(0x80 | text.size());
  } else {
    frame_ += static_cast<char>(0x80 | 126);
    frame_ += static_cast<char>(text.size() >> 8);
    frame_ += static_cast<char>(text.size() & 0xFF);
  }
  frame_.append(reinterpret_cast<const char*>(kMask.data()), kMask.size());
  const std::size_t begin = frame_.size();
  frame_ += text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    frame_[begin + i] = static_cast<char>(frame_[begin + i] ^ kMask[i % 4]);
  }
  write(client, frame_);
}

void Swarm::send_message(std::size_t index, std::size_t size) {
  std::string text = R"(42["message",{"type":"candidate",)";
  text += kTimeKey;
  text += std::to_string(now_ns());
  text += R"(,"candidate":")";
  const std::string_view end = R"("}])";
  if (text.size() + end.size() < size) text.append(size - text.size() - end.size(), 'c');
  text += end;
  send_text(clients_[index], text);
}

void Swarm::send_paced(double per_second, double seconds, std::size_t size, bool busy) {
  const auto start = Clock::now();
  const auto total = static_cast<std::uint64_t>(per_second * seconds);
  const std::chrono::duration<double> gap{1 / per_second};
  for (std::uint64_t sent = 0; sent < total;) {
    const auto due = start + gap * static_cast<double>(sent);
    if (Clock::now() < due) {
      turn(busy || due - Clock::now() < std::chrono::milliseconds{1} ? 0 : 1);
      continue;
    }
    send_message(next_sender_, size);
    next_sender_ = (next_sender_ + 1) % clients_.size();
    ++sent;
    turn(0);  // also when late, so that input never starves
  }
}

void Swarm::run_for(std::chrono::duration<double> time, const std::function<bool()>& done) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end && !(done && done())) turn(10);
}

std::vector<float> Swarm::take_latencies() { return std::exchange(latencies_, {}); }

}  // namespace duet::bench
