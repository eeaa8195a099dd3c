// SPDX-License-Identifier: MIT
// Clients, peers and the streams between them, set up through a server and ready for traffic.
#pragma once

#include "stream.hpp"
#include "turn_client.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace duet::bench {

/// Where the ends live: loopback addresses of their own, so that no port is taken.
struct Places {
  Endpoint server;
  Endpoint second_server;  // of every other client, where pairs of relayed addresses are asked for
  IpAddress clients;
  IpAddress peers;
};

class Fleet {
 public:
  /// @param account  must outlive this
  Fleet(const Places& places, const Account& account) : places_{places}, account_{account} {}

  /// `count` more clients with an allocation each and one peer for all, bound to a channel.
  /// For those who don't send anything.
  void add_idle(std::size_t count);

  /// The same, but each two clients are each other's peers.
  void add_idle_pairs(std::size_t count);

  /// `count` allocations with a peer each: a stream from and one to each peer.
  void add_peers(std::size_t count, Framing framing);

  /// `count` allocations, each two of them each other's peers: `count` streams from relayed address
  /// to relayed address.
  void add_pairs(std::size_t count);

  /// `count` clients who ask for nothing but their own address.
  void add_binders(std::size_t count);

  /// `count` clients with a peer each, through the bare forwarder.
  void add_forwarded(std::size_t count);

  /// Two sockets that send to each other, with nothing between.
  void add_direct();

  /// `count` clients that have not asked for anything.
  std::vector<TurnClient*> add_clients(std::size_t count);

  const std::vector<Stream>& streams() const { return streams_; }

 private:
  UdpSocket& add_socket(const IpAddress& address) {
    return sockets_.emplace_back(Endpoint{address});
  }

  std::vector<TurnClient*> allocate(std::size_t count);
  static void bind_in_pairs(const std::vector<TurnClient*>& clients);

  Places places_;
  const Account& account_;
  std::deque<UdpSocket> sockets_;
  std::deque<TurnClient> clients_;
  std::vector<Stream> streams_;
};

}  // namespace duet::bench
