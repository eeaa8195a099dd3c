// SPDX-License-Identifier: MIT
// UDP as the load generator and the bare forwarder use it: many datagrams a system call.
#pragma once

#include <duet/base/address.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace duet::bench {

/// A datagram in two pieces, so that many of them share their second one.
using Datagram = std::array<iovec, 2>;

inline iovec view(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

/// IPv4, non-blocking, with UDP_GRO and large buffers. What the kernel does not take is lost, as on
/// a network: who counts finds it missing.
class UdpSocket {
 public:
  /// @param local  port 0 for one of the kernel's choice
  /// @throws std::system_error  if it can't be had
  explicit UdpSocket(const Endpoint& local);
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket();

  /// From now on only this far end is sent to and heard.
  void connect(const Endpoint& far);

  int descriptor() const { return descriptor_; }

  Endpoint local() const { return local_; }

  /// One sendmmsg; of a connected socket.
  /// @param datagrams  at most 64
  void send_each(std::span<const Datagram> datagrams);

  /// One sendmsg with UDP_SEGMENT: the pieces, one after the other, are cut every `segment` bytes.
  /// @param segment  0 for one datagram uncut
  /// @param to       nothing for a connected socket
  void send_segmented(std::span<const iovec> pieces, std::size_t segment,
                      const sockaddr_in* to = nullptr);

 private:
  int descriptor_ = -1;
  Endpoint local_;
};

/// What one recvmmsg brought.
class Inbox {
 public:
  struct Arrival {
    std::span<const std::byte> bytes;
    std::size_t segment;  // bytes of each datagram that GRO merged; the last may be shorter
    const sockaddr_in* from;
  };

  Inbox();

  /// Valid until the next call; empty if nothing waits. Ask again while it is full.
  std::span<const Arrival> receive(const UdpSocket& socket);

  /// Whether the last call may have left something in the socket.
  bool is_full() const { return arrivals_.size() == kMessages; }

 private:
  static constexpr std::size_t kMessages = 16;
  static constexpr std::size_t kMessageSize = 65536;  // GRO merges up to 64 KB

  std::vector<std::byte> bytes_;
  std::array<mmsghdr, kMessages> headers_{};
  std::array<iovec, kMessages> pieces_{};
  std::array<sockaddr_in, kMessages> from_{};
  std::array<std::array<std::byte, 64>, kMessages> control_{};
  std::vector<Arrival> arrivals_;
};

/// Calls take(bytes) for every datagram that an arrival is made of.
template <class Take>
void split(const Inbox::Arrival& arrival, Take&& take) {
  for (std::size_t at = 0; at < arrival.bytes.size(); at += arrival.segment) {
    take(arrival.bytes.subspan(at, std::min(arrival.segment, arrival.bytes.size() - at)));
  }
}

sockaddr_in to_sockaddr(const Endpoint& endpoint);
Endpoint to_endpoint(const sockaddr_in& address);

}  // namespace duet::bench
