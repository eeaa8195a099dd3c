// SPDX-License-Identifier: MIT
// The floor: what forwards packets as a relay does, and does nothing else.
#pragma once

#include "udp_socket.hpp"

namespace duet::bench {

/// Forwards between clients on one socket and a peer each on sockets of their own, by recvmmsg with
/// UDP_GRO and sendmsg with UDP_SEGMENT. No parsing, no permissions, no timers. Does not return.
void run_forwarder(const Endpoint& local);

/// Has it forward between this socket, which is connected to it, and a peer.
/// @return where the peer is to send
Endpoint ask_forwarder(UdpSocket& client, const Endpoint& peer);

}  // namespace duet::bench
