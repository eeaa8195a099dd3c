// SPDX-License-Identifier: MIT
// Endpoint to and from the operating system's socket addresses.
#pragma once

#include <duet/base/address.hpp>

#include <sys/socket.h>

namespace duet::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const Endpoint& endpoint);

/// An IPv4-mapped IPv6 address comes out as IPv4. 0.0.0.0:0 for any other family.
Endpoint to_endpoint(const SocketAddress& address);

}  // namespace duet::net
