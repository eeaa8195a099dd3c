// SPDX-License-Identifier: MIT
// Sends and receives many datagrams a system call.
#include "udp_socket.hpp"

#include <netinet/udp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace duet::bench {
namespace {

constexpr int kBufferSize = 4 << 20;  // holds what waits while another process has the core

[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void set_buffer(int descriptor, int forced, int polite) {
  if (setsockopt(descriptor, SOL_SOCKET, forced, &kBufferSize, sizeof kBufferSize) != 0) {
    setsockopt(descriptor, SOL_SOCKET, polite, &kBufferSize, sizeof kBufferSize);
  }
}

}  // namespace

sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.bytes().data(), sizeof address.sin_addr);
  return address;
}

Endpoint to_endpoint(const sockaddr_in& address) {
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &address.sin_addr, sizeof bytes);
  return {IpAddress::v4(bytes), ntohs(address.sin_port)};
}

UdpSocket::UdpSocket(const Endpoint& local)
    : descriptor_{socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)}, local_{local} {
  if (descriptor_ < 0) give_up("socket");
  auto address = to_sockaddr(local);
  socklen_t size = sizeof address;
  if (bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) != 0) give_up("bind");
  if (getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("getsockname");
  }
  local_.port = ntohs(address.sin_port);
  set_buffer(descriptor_, SO_RCVBUFFORCE, SO_RCVBUF);
  set_buffer(descriptor_, SO_SNDBUFFORCE, SO_SNDBUF);
  const int on = 1;
  if (setsockopt(descriptor_, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0) give_up("UDP_GRO");
}

UdpSocket::~UdpSocket() { close(descriptor_); }

void UdpSocket::connect(const Endpoint& far) {
  const auto address = to_sockaddr(far);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    give_up("connect");
  }
}

void UdpSocket::send_each(std::span<const Datagram> datagrams) {
  std::array<mmsghdr, 64> headers{};
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    headers[i].msg_hdr.msg_iov = const_cast<iovec*>(datagrams[i].data());
    headers[i].msg_hdr.msg_iovlen = datagrams[i].size();
  }
  sendmmsg(descriptor_, headers.data(), static_cast<unsigned>(datagrams.size()), 0);
}

void UdpSocket::send_segmented(std::span<const iovec> pieces, std::size_t segment,
                               const sockaddr_in* to) {
  msghdr header{};
  header.msg_name = const_cast<sockaddr_in*>(to);
  header.msg_namelen = to != nullptr ? sizeof *to : 0;
  header.msg_iov = const_cast<iovec*>(pieces.data());
  header.msg_iovlen = pieces.size();
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t))> control{};
  if (segment != 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* message = CMSG_FIRSTHDR(&header);
    message->cmsg_level = IPPROTO_UDP;
    message->cmsg_type = UDP_SEGMENT;
    message->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(segment);
    std::memcpy(CMSG_DATA(message), &size, sizeof size);
  }
  sendmsg(descriptor_, &header, 0);
}

Inbox::Inbox() : bytes_(kMessages * kMessageSize) {
  arrivals_.reserve(kMessages);
  for (std::size_t i = 0; i < kMessages; ++i) {
    pieces_[i] = {bytes_.data() + i * kMessageSize, kMessageSize};
    headers_[i].msg_hdr.msg_iov = &pieces_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &from_[i];
    headers_[i].msg_hdr.msg_control = control_[i].data();
  }
}

std::span<const Inbox::Arrival> Inbox::receive(const UdpSocket& socket) {
  arrivals_.clear();
  for (std::size_t i = 0; i < kMessages; ++i) {
    headers_[i].msg_hdr.msg_namelen = sizeof from_[i];
    headers_[i].msg_hdr.msg_controllen = control_[i].size();
  }
  const int count = recvmmsg(socket.descriptor(), headers_.data(), kMessages, 0, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    msghdr& header = headers_[at].msg_hdr;
    std::size_t segment = headers_[at].msg_len;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
      int size = 0;
      std::memcpy(&size, CMSG_DATA(c), sizeof size);
      segment = static_cast<std::size_t>(size);
    }
    arrivals_.push_back(
        {{bytes_.data() + at * kMessageSize, headers_[at].msg_len}, segment, &from_[at]});
  }
  return arrivals_;
}

}  // namespace duet::bench
