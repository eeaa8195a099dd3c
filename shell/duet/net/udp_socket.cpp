// SPDX-License-Identifier: MIT
// One bound UDP socket.
#include <duet/net/socket_address.hpp>
#include <duet/net/udp_socket.hpp>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace duet::net {
namespace {

/// More link-local addresses than this are those of interfaces that are gone, the oldest first.
constexpr std::size_t kMaxInterfaces = 64;

void set_option(int descriptor, int level, int name, int value) {
  ::setsockopt(descriptor, level, name, &value, sizeof value);
}

void set_fragmentation(int descriptor, bool v4, UdpSocket::Fragmentation fragmentation) {
  // PROBE sets DF, and does not believe what ICMP says of the path: SCTP finds that out by itself.
  const bool may = fragmentation == UdpSocket::Fragmentation::Allowed;
  if (v4) {
    set_option(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, may ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
  } else {
    set_option(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
               may ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
  }
}

[[noreturn]] void fail_binding(int descriptor, const Endpoint& local) {
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  throw std::system_error{error, std::generic_category(),
                          "can't have UDP port " + local.to_string()};
}

/// Sets `local` to what it was bound to.
int bound_socket(Endpoint& local, UdpSocket::Fragmentation fragmentation) {
  const bool v4 = local.address.is_v4();
  const int descriptor =
      ::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail_binding(descriptor, local);
  if (!v4) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set_fragmentation(descriptor, v4, fragmentation);
  if (local.address.is_unspecified()) {  // so that each datagram says where it came to
    if (v4) {
      set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
    } else {
      set_option(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    }
  }
  set_option(descriptor, IPPROTO_UDP, UDP_GRO, 1);
  const SocketAddress address = to_socket_address(local);
  if (::bind(descriptor, address.data(), address.size) != 0) fail_binding(descriptor, local);
  SocketAddress bound;
  ::getsockname(descriptor, bound.data(), &bound.size);
  local.port = to_endpoint(bound).port;
  return descriptor;
}

}  // namespace

UdpSocket::UdpSocket(EventLoop& loop, const Endpoint& local, std::function<void()> readable,
                     Fragmentation fragmentation)
    : local_{local},
      fragmentation_{fragmentation},
      watch_{loop, bound_socket(local_, fragmentation),
             [this, readable = std::move(readable)](Ready ready) {
               watch_.wait(ready);
               ready == Ready::Error ? complained_() : readable();
             }} {
  watch_.wait(Ready::Read);
  if (!watch_.is_watched()) fail_binding(-1, local_);  // epoll's bounds: nobody would read it
}

void UdpSocket::set_receive_buffer(int size) {
  // Past the system's limit only for who administers the network.
  if (::setsockopt(descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
    set_option(descriptor(), SOL_SOCKET, SO_RCVBUF, size);
  }
}

void UdpSocket::hear_complaints(std::function<void()> complained) {
  complained_ = std::move(complained);
  const bool v4 = local_.address.is_v4();
  set_option(descriptor(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, 1);
  watch_.wait(Ready::Error);
}

std::optional<UdpSocket::Complaint> UdpSocket::receive_complaint() {
  SocketAddress to;
  alignas(cmsghdr) std::array<std::byte, 256> control{};
  msghdr header{};
  header.msg_name = to.data();
  header.msg_namelen = sizeof(sockaddr_storage);
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  if (::recvmsg(descriptor(), &header, MSG_ERRQUEUE) < 0) return std::nullopt;
  const bool v4 = local_.address.is_v4();
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level != (v4 ? IPPROTO_IP : IPPROTO_IPV6) ||
        at->cmsg_type != (v4 ? IP_RECVERR : IPV6_RECVERR)) {
      continue;
    }
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(at), sizeof error);
    Complaint complaint{to_endpoint(to), error.ee_type, error.ee_code, error.ee_info};
    if (error.ee_origin == SO_EE_ORIGIN_LOCAL && error.ee_errno == EMSGSIZE) {
      // As the first router would have said it (RFC 1191 §4, RFC 4443 §3.2).
      complaint.type = v4 ? 3 : 2;
      complaint.code = v4 ? 4 : 0;
      return complaint;
    }
    const bool is_icmp =
        error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
    if (is_icmp) return complaint;
  }
  return std::nullopt;
}

void UdpSocket::learn_interface(const IpAddress& own, unsigned interface) {
  const auto known = std::find_if(interfaces_.begin(), interfaces_.end(),
                                  [&](const auto& entry) { return entry.first == own; });
  if (known != interfaces_.end()) {
    known->second = interface;
    return;
  }
  if (interfaces_.size() == kMaxInterfaces) interfaces_.erase(interfaces_.begin());
  interfaces_.emplace_back(own, interface);
}

unsigned UdpSocket::interface_of(const IpAddress& own) const {
  const auto known = std::find_if(interfaces_.begin(), interfaces_.end(),
                                  [&](const auto& entry) { return entry.first == own; });
  return known == interfaces_.end() ? 0 : known->second;
}

bool UdpSocket::send_once(const Endpoint& to, std::span<const std::byte> bytes,
                          Fragmentation fragmentation) {
  const bool v4 = local_.address.is_v4();
  const SocketAddress address = to_socket_address(to);
  // DO: who wants to know whether it left is told what the system knows of the path.
  if (fragmentation == Fragmentation::Allowed) {
    set_fragmentation(descriptor(), v4, fragmentation);
  } else {
    set_option(descriptor(), v4 ? IPPROTO_IP : IPPROTO_IPV6,
               v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, v4 ? IP_PMTUDISC_DO : IPV6_PMTUDISC_DO);
  }
  const auto send = [&] {
    return ::sendto(descriptor(), bytes.data(), bytes.size(), 0, address.data(), address.size);
  };
  ssize_t sent = send();
  if (sent < 0 && errno != EMSGSIZE && hears_complaints()) sent = send();
  set_fragmentation(descriptor(), v4, fragmentation_);
  return sent >= 0;
}

}  // namespace duet::net
