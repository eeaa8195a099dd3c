// SPDX-License-Identifier: MIT
// Sends many datagrams with few system calls.
#pragma once

#include <duet/base/address.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace duet::net {

class UdpSocket;

/// A datagram in pieces that need not lie together.
struct UdpPayload {
  std::span<const std::byte> head;
  std::span<const std::byte> body;
  std::uint8_t padding = 0;  ///< zero bytes behind, at most 3

  std::size_t size() const { return head.size() + body.size() + padding; }
};

/// Gathers datagrams until flush(). Those of one size that go the same way one after another become
/// one message that the kernel, or the network card, takes apart (UDP_SEGMENT); messages of one
/// socket that follow each other become one sendmmsg().
///
/// What the kernel does not take is lost, as datagrams are.
class UdpSender {
 public:
  UdpSender();
  ~UdpSender();

  /// Queues one datagram, to be sent from address `from` of `socket`. Its bytes must stay where
  /// they are until flush(), and the socket until then too.
  void add(UdpSocket& socket, const IpAddress& from, const Endpoint& to, const UdpPayload& payload);

  void flush();

  struct Counters {
    std::uint64_t sent = 0;  ///< datagrams
    std::uint64_t lost = 0;  ///< not taken by the kernel
  };

  const Counters& counters() const { return counters_; }

 private:
  struct Queue;
  struct Message;

  bool extend(UdpSocket& socket, const IpAddress& from, const Endpoint& to, std::size_t size);
  void begin(UdpSocket& socket, const IpAddress& from, const Endpoint& to, std::size_t size);
  void append(const UdpPayload& payload);
  void send(std::size_t first, std::size_t last);
  void send_apart(const Message& message);
  void count(const Message& message, bool sent);

  std::unique_ptr<Queue> queue_;
  Counters counters_;
};

}  // namespace duet::net
