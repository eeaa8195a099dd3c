// SPDX-License-Identifier: MIT
// Hosts, routers and the wires between them.
#pragma once

#include "digest.hpp"
#include "nat.hpp"
#include "pipe.hpp"
#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/base/strong.hpp>
#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <variant>
#include <vector>

namespace duet::sim {

using HostId = Strong<struct HostIdTag, std::size_t>;
using SegmentId = Strong<struct SegmentIdTag, std::size_t>;  // the internet, or a router's inside
using StreamId = Strong<struct StreamIdTag, std::uint64_t>;

// What a host meets.

struct DatagramArrived {
  Endpoint local;
  Endpoint remote;
  std::vector<std::byte> bytes;
};

struct StreamOpened {  // by connect()
  StreamId id;
};

struct StreamAccepted {  // at listen()
  StreamId id;
  Endpoint local;
  Endpoint remote;
};

struct StreamReceived {
  StreamId id;
  std::vector<std::byte> bytes;
};

struct StreamClosed {  // by the other end, or nobody listened
  StreamId id;
};

struct Event {
  HostId host;
  std::variant<DatagramArrived, StreamOpened, StreamAccepted, StreamReceived, StreamClosed> what;
};

/// Moves packets. Segments form a tree whose root is the internet; each other one is the inside of
/// a router. What is for an address in the segment goes there, all else to the router and up.
///
/// Streams are TCP as a program sees it: in order, never lost, delayed by the same links and
/// translated by the same routers. A StreamId names both its ends.
class Network {
 public:
  explicit Network(Random& random) : random_{&random}, segments_(1) {}

  SegmentId internet() const { return SegmentId{0}; }

  /// @return its inside
  SegmentId add_router(SegmentId outside, IpAddress address, NatBehaviour behaviour, Link up = {},
                       Link down = {});
  HostId add_host(SegmentId segment, std::vector<IpAddress> addresses, Link up = {},
                  Link down = {});

  /// The host changes networks, as a phone does: old addresses are dead at once.
  void move_host(HostId host, SegmentId segment, std::vector<IpAddress> addresses);

  /// From now on only these ports of the host are reached from other hosts.
  void close_all_but(HostId host, std::set<std::uint16_t> ports);

  void change_link(HostId host, Link up, Link down);
  Nat& nat(SegmentId inside);

  void send(Instant now, HostId host, const Endpoint& from, const Endpoint& to,
            std::span<const std::byte> bytes);

  void listen(HostId host, const Endpoint& local);
  StreamId connect(Instant now, HostId host, const Endpoint& from, const Endpoint& to);
  void send_stream(Instant now, HostId host, StreamId id, std::span<const std::byte> bytes);
  void close_stream(Instant now, HostId host, StreamId id);

  /// What has arrived by `now`, the earliest first.
  std::optional<Event> poll_event(Instant now);

  std::optional<Instant> next_timeout() const { return next_; }

  /// Changes with every byte, address and time of every packet delivered.
  std::uint64_t digest() const { return digest_.value(); }

  /// How long a packet would wait for its turn on the host's way up.
  Duration queued_up(Instant now, HostId host) const { return hosts_[host.value()].up.queued(now); }

  /// Bytes that the host's way up has taken and not lost, headers included.
  std::uint64_t carried_up(HostId host) const {
    return hosts_[host.value()].up.counters().carried_bytes;
  }

  const std::vector<IpAddress>& addresses(HostId host) const {
    return hosts_[host.value()].addresses;
  }

 private:
  enum class Kind : std::uint8_t { Datagram, Syn, SynAck, Data, Fin };

  struct Packet {
    Kind kind = Kind::Datagram;
    StreamId stream;
    Endpoint from;
    Endpoint to;
    std::vector<std::byte> bytes;
  };

  struct Host {
    SegmentId segment;
    std::vector<IpAddress> addresses;
    std::set<std::uint16_t> open_ports;  // empty: all
    std::set<Endpoint> listening;
    Pipe<Packet> up;
    Pipe<Packet> down;
    Pipe<Packet> inside;  // from one of its addresses to another
  };

  struct Router {
    SegmentId outside;
    SegmentId inside;
    Nat nat;
    Pipe<Packet> up;
    Pipe<Packet> down;
  };

  struct Stream {
    Endpoint from;  // as this end sees it
    Endpoint to;
  };

  static Protocol protocol_of(const Packet& packet) {
    return packet.kind == Kind::Datagram ? Protocol::Udp : Protocol::Tcp;
  }

  void enter(Instant now, HostId host, Packet packet);
  void route(Instant now, SegmentId segment, Packet packet);
  void leave(Instant now, Router& router, Packet packet);
  void come_in(Instant now, Router& router, Packet packet);
  void arrive(Instant now, HostId host, Packet packet);
  std::optional<Event> arrive_stream(Instant now, HostId host, Packet& packet);
  void push(Instant now, Pipe<Packet>& pipe, Packet packet);
  void look(const Pipe<Packet>& pipe);
  void note(Instant now, const Packet& packet);

  Random* random_;
  std::deque<Host> hosts_;
  std::deque<Router> routers_;
  std::vector<std::optional<std::size_t>> segments_;  // its router, but the internet has none
  std::map<std::pair<HostId, StreamId>, Stream> streams_;
  std::uint64_t next_stream_ = 0;
  std::deque<Event> events_;
  std::optional<Instant> next_;  // of all pipes
  Digest digest_;
};

}  // namespace duet::sim
