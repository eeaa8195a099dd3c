// SPDX-License-Identifier: MIT
// Moves packets from socket to socket.
#include "forwarder.hpp"

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <vector>

namespace duet::bench {
namespace {

using namespace std::chrono_literals;

/// A client's first packet: where its peer is. The answer: where the peer is to send.
struct Hello {
  std::array<char, 4> magic = {'h', 'e', 'l', 'o'};
  sockaddr_in address{};
};

constexpr std::size_t kMaxSegments = 64;  // of the kernel's
constexpr std::size_t kMaxBytes =
    60'000;  // of one UDP_SEGMENT send, which is an IP packet of 64 KB

/// Packets of one size for one destination, on their way into one system call.
class Run {
 public:
  void add(UdpSocket& socket, const sockaddr_in* to, const Inbox::Arrival& arrival) {
    const std::size_t segments = (arrival.bytes.size() + arrival.segment - 1) / arrival.segment;
    if (socket_ != &socket || to_ != to || segment_ != arrival.segment ||
        segments_ + segments > kMaxSegments || bytes_ + arrival.bytes.size() > kMaxBytes) {
      flush();
    }
    socket_ = &socket;
    to_ = to;
    segment_ = arrival.segment;
    segments_ += segments;
    bytes_ += arrival.bytes.size();
    pieces_.push_back(view(arrival.bytes));
    // A shorter last one ends what UDP_SEGMENT can cut.
    if (arrival.bytes.size() % arrival.segment != 0) flush();
  }

  void flush() {
    if (pieces_.empty()) return;
    socket_->send_segmented(pieces_, segments_ > 1 ? segment_ : 0, to_);
    pieces_.clear();
    segments_ = bytes_ = 0;
  }

 private:
  UdpSocket* socket_ = nullptr;
  const sockaddr_in* to_ = nullptr;
  std::size_t segment_ = 0;
  std::size_t segments_ = 0;
  std::size_t bytes_ = 0;
  std::vector<iovec> pieces_;
};

class Forwarder {
 public:
  explicit Forwarder(const Endpoint& local) : front_{local}, poll_{epoll_create1(EPOLL_CLOEXEC)} {
    watch(front_, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> events{};
    while (true) {
      const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        auto* path = static_cast<Path*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (path != nullptr) {
          to_client(*path);
        } else {
          to_peers();
        }
      }
    }
  }

 private:
  struct Path {
    explicit Path(const Endpoint& local) : back{local} {}

    UdpSocket back;
    sockaddr_in client{};
  };

  void watch(const UdpSocket& socket, Path* path) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = path;
    epoll_ctl(poll_, EPOLL_CTL_ADD, socket.descriptor(), &event);
  }

  void to_client(Path& path) {
    do {
      for (const auto& arrival : inbox_.receive(path.back)) run_.add(front_, &path.client, arrival);
      run_.flush();
    } while (inbox_.is_full());
  }

  void to_peers() {
    do {
      for (const auto& arrival : inbox_.receive(front_)) {
        Path* path = by_port_[ntohs(arrival.from->sin_port)];
        if (path != nullptr) {
          run_.add(path->back, nullptr, arrival);
        } else {
          welcome(arrival);
        }
      }
      run_.flush();
    } while (inbox_.is_full());
  }

  void welcome(const Inbox::Arrival& arrival) {
    Hello hello;
    if (arrival.bytes.size() != sizeof hello) return;
    std::memcpy(&hello, arrival.bytes.data(), sizeof hello);
    Path& path = paths_.emplace_back(Endpoint{front_.local().address});
    path.client = *arrival.from;
    path.back.connect(to_endpoint(hello.address));
    by_port_[ntohs(arrival.from->sin_port)] = &path;
    watch(path.back, &path);
    hello.address = to_sockaddr(path.back.local());
    const std::array piece{view(std::as_bytes(std::span{&hello, 1}))};
    front_.send_segmented(piece, 0, &path.client);
  }

  UdpSocket front_;
  int poll_;
  std::deque<Path> paths_;
  std::vector<Path*> by_port_ = std::vector<Path*>(65536);
  Inbox inbox_;
  Run run_;
};

}  // namespace

void run_forwarder(const Endpoint& local) { Forwarder{local}.run(); }

Endpoint ask_forwarder(UdpSocket& client, const Endpoint& peer) {
  Hello hello;
  hello.address = to_sockaddr(peer);
  const Datagram datagram{view(std::as_bytes(std::span{&hello, 1})), view({})};
  client.send_each({&datagram, 1});
  Inbox inbox;
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (std::chrono::steady_clock::now() < end) {
    for (const auto& arrival : inbox.receive(client)) {
      if (arrival.bytes.size() != sizeof hello) continue;
      std::memcpy(&hello, arrival.bytes.data(), sizeof hello);
      return to_endpoint(hello.address);
    }
  }
  throw std::runtime_error("the forwarder does not answer");
}

}  // namespace duet::bench
