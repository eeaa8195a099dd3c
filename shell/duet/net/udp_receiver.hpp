// SPDX-License-Identifier: MIT
// Reads many datagrams with one system call.
#pragma once

#include <duet/base/address.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace duet::net {

class UdpSocket;

/// One datagram that arrived.
struct Datagram {
  Endpoint from;
  Endpoint local;  ///< where it came to: the very address, also at a wildcard socket
  std::span<std::byte> bytes;
};

/// Memory for what arrives at any number of sockets, and recvmmsg() into it.
///
/// What was read stays where it is until release(): so what several sockets got in one turn of the
/// loop can be answered together, without a copy.
class UdpReceiver {
 public:
  UdpReceiver();
  ~UdpReceiver();

  /// What waits at `socket`, as far as there is room; the loop calls again for the rest. Merged
  /// datagrams come out one by one. The span is valid until the next call.
  std::span<const Datagram> receive(UdpSocket& socket);

  /// No room until release().
  bool is_full() const;

  /// All that was read has been used.
  void release() { used_ = 0; }

 private:
  struct Slots;

  std::unique_ptr<Slots> slots_;
  std::size_t used_ = 0;
  std::vector<Datagram> datagrams_;
};

}  // namespace duet::net
