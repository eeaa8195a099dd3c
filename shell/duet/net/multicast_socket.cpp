// SPDX-License-Identifier: MIT
// One UDP socket that hears a group on one link.
#include <duet/net/multicast_socket.hpp>
#include <duet/net/socket_address.hpp>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace duet::net {

namespace {

/// The longest message of multicast DNS (RFC 6762 §17).
constexpr std::size_t kMaxDatagram = 9000;
constexpr int kHops = 255;  // RFC 6762 §11

/// A group or neighbour of IPv6 is on a link, which its address doesn't say (RFC 4007 §6).
SocketAddress on_link(const Endpoint& endpoint, unsigned interface) {
  SocketAddress address = to_socket_address(endpoint);
  if (!endpoint.address.is_v4()) {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_scope_id = interface;
  }
  return address;
}

template <class T>
bool set(int descriptor, int level, int name, const T& value) {
  return ::setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

bool join(int descriptor, const SocketAddress& group, unsigned interface) {
  if (group.storage.ss_family == AF_INET) {
    ip_mreqn membership{};
    membership.imr_multiaddr = reinterpret_cast<const sockaddr_in*>(&group.storage)->sin_addr;
    membership.imr_ifindex = static_cast<int>(interface);
    return set(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
           set(descriptor, IPPROTO_IP, IP_MULTICAST_IF, membership) &&
           set(descriptor, IPPROTO_IP, IP_MULTICAST_TTL, kHops) &&
           set(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership);
  }
  ipv6_mreq membership{};
  membership.ipv6mr_multiaddr = reinterpret_cast<const sockaddr_in6*>(&group.storage)->sin6_addr;
  membership.ipv6mr_interface = interface;
  return set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface)) &&
         set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, kHops) &&
         set(descriptor, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, membership);
}

int joined_socket(const Endpoint& endpoint, unsigned interface) {
  const SocketAddress group = on_link(endpoint, interface);
  const int descriptor =
      ::socket(group.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor >= 0 && set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) &&
      join(descriptor, group, interface) && ::bind(descriptor, group.data(), group.size) == 0) {
    return descriptor;
  }
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  throw std::system_error{error, std::generic_category(),
                          "can't join the group " + endpoint.to_string()};
}

}  // namespace

MulticastSocket::MulticastSocket(EventLoop& loop, const Endpoint& group, unsigned interface,
                                 Received received)
    : group_{group},
      interface_{interface},
      received_{std::move(received)},
      watch_{loop, joined_socket(group, interface), [this](Ready) { read(); }} {
  watch_.wait(Ready::Read);
}

void MulticastSocket::read() {
  std::array<std::byte, kMaxDatagram> buffer;  // NOLINT: written before it is read
  for (int i = 0; i < kReadsPerTurn; ++i) {
    SocketAddress from;
    const ssize_t size =
        ::recvfrom(watch_.descriptor(), buffer.data(), buffer.size(), 0, from.data(), &from.size);
    if (size < 0) break;
    received_(*this, to_endpoint(from), std::span{buffer}.first(static_cast<std::size_t>(size)));
  }
  watch_.wait(Ready::Read);
}

void MulticastSocket::send(std::span<const std::byte> bytes, const std::optional<Endpoint>& to) {
  const SocketAddress address = on_link(to.value_or(group_), interface_);
  ::sendto(watch_.descriptor(), bytes.data(), bytes.size(), to ? MSG_DONTROUTE : 0, address.data(),
           address.size);
}

std::vector<unsigned> multicast_interfaces() {
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype([](ifaddrs* list) { ::freeifaddrs(list); })> list{raw};
  std::vector<unsigned> interfaces;
  for (const ifaddrs* at = raw; at != nullptr; at = at->ifa_next) {
    if ((at->ifa_flags & IFF_UP) == 0) continue;
    if ((at->ifa_flags & (IFF_MULTICAST | IFF_LOOPBACK)) == 0) continue;
    const unsigned index = ::if_nametoindex(at->ifa_name);
    if (index != 0 && std::ranges::find(interfaces, index) == interfaces.end()) {
      interfaces.push_back(index);
    }
  }
  return interfaces;
}

}  // namespace duet::net
