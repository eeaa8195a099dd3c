// SPDX-License-Identifier: MIT
// Reads many datagrams with one system call.
#include <duet/net/socket_address.hpp>
#include <duet/net/udp_receiver.hpp>
#include <duet/net/udp_socket.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace duet::net {
namespace {

/// The kernel merges up to 64 KB of one sender's datagrams (UDP_GRO).
constexpr std::size_t kSlotSize = 65536;
/// Read at most so many of them before they are answered: 2 MB, of which only what is written to is
/// ever taken from the system.
constexpr std::size_t kSlots = 32;

constexpr std::size_t kControlSize = CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(in6_pktinfo));

struct Arrival {
  IpAddress local;
  std::size_t segment = 0;  // bytes of each merged datagram but the last; 0 for a single one
  unsigned interface = 0;   // where it came to a link-local address
};

Arrival arrival_of(msghdr& header, const IpAddress& bound) {
  Arrival arrival{bound};
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    const auto* const data = CMSG_DATA(at);
    if (at->cmsg_level == SOL_UDP && at->cmsg_type == UDP_GRO) {
      int segment = 0;
      std::memcpy(&segment, data, sizeof segment);
      arrival.segment = static_cast<std::size_t>(std::max(segment, 0));
    } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, data, sizeof info);
      std::array<std::uint8_t, 4> bytes{};
      std::memcpy(bytes.data(), &info.ipi_addr, bytes.size());
      arrival.local = IpAddress::v4(bytes);
    } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, data, sizeof info);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
      arrival.local = IpAddress::v6(bytes);
      if (arrival.local.is_link_local()) arrival.interface = info.ipi6_ifindex;
    }
  }
  return arrival;
}

}  // namespace

struct UdpReceiver::Slots {
  // Not initialized: pages that nothing was read into cost nothing.
  std::unique_ptr<std::byte[]> memory{new std::byte[kSlots * kSlotSize]};
  std::array<mmsghdr, kSlots> headers{};
  std::array<iovec, kSlots> vectors{};
  std::array<SocketAddress, kSlots> names;
  alignas(cmsghdr) std::array<std::array<std::byte, kControlSize>, kSlots> controls{};

  Slots() {
    for (std::size_t i = 0; i < kSlots; ++i) {
      vectors[i] = {memory.get() + i * kSlotSize, kSlotSize};
      msghdr& header = headers[i].msg_hdr;
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_name = names[i].data();
      header.msg_control = controls[i].data();
      make_ready(i);
    }
  }

  /// recvmmsg() writes lengths over the room there is.
  void make_ready(std::size_t i) {
    headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    headers[i].msg_hdr.msg_controllen = kControlSize;
  }
};

UdpReceiver::UdpReceiver() : slots_{std::make_unique<Slots>()} {}

UdpReceiver::~UdpReceiver() = default;

bool UdpReceiver::is_full() const { return used_ == kSlots; }

std::span<const Datagram> UdpReceiver::receive(UdpSocket& socket) {
  datagrams_.clear();
  Slots& slots = *slots_;
  const std::size_t first = used_;
  if (first == kSlots) return {};
  const auto read = [&] {
    return ::recvmmsg(socket.descriptor(), &slots.headers[first],
                      static_cast<unsigned>(kSlots - first), 0, nullptr);
  };
  int count = read();
  // A complaint fails whatever is called next, once.
  if (count < 0 && errno != EAGAIN && socket.hears_complaints()) count = read();
  if (count <= 0) return {};
  used_ += static_cast<std::size_t>(count);
  for (std::size_t i = first; i < used_; ++i) {
    msghdr& header = slots.headers[i].msg_hdr;
    const Arrival arrival = arrival_of(header, socket.local().address);
    if (arrival.interface != 0) socket.learn_interface(arrival.local, arrival.interface);
    const Endpoint from = to_endpoint(slots.names[i]);
    const Endpoint local{arrival.local, socket.local().port};
    std::span<std::byte> bytes{slots.memory.get() + i * kSlotSize, slots.headers[i].msg_len};
    slots.make_ready(i);
    const std::size_t step = arrival.segment == 0 ? bytes.size() : arrival.segment;
    do {
      const std::size_t size = std::min(step, bytes.size());
      datagrams_.push_back({from, local, bytes.first(size)});
      bytes = bytes.subspan(size);
    } while (!bytes.empty());
  }
  return datagrams_;
}

}  // namespace duet::net
