// SPDX-License-Identifier: MIT
// One UDP socket that hears a group on one link.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace duet::net {

/// Shares its port with other programs. It is bound to the group itself: what is sent to one of
/// this machine's own addresses, perhaps from far away, never comes here, and is not taken from
/// those who wait for it.
class MulticastSocket {
 public:
  /// A datagram and who sent it, valid during the call, which may not destroy the socket.
  using Received = std::function<void(const MulticastSocket& socket, const Endpoint& from,
                                      std::span<const std::byte> bytes)>;

  /// @throws std::system_error if it can't be had
  MulticastSocket(EventLoop& loop, const Endpoint& group, unsigned interface, Received received);

  const Endpoint& group() const { return group_; }

  unsigned interface() const { return interface_; }

  /// To the group, or to one who must be on this link (no gateway is used). Lost if it can't leave.
  void send(std::span<const std::byte> bytes, const std::optional<Endpoint>& to = std::nullopt);

 private:
  /// Datagrams read in one turn, so that a flood of them starves nobody.
  static constexpr int kReadsPerTurn = 32;

  void read();

  Endpoint group_;
  unsigned interface_;
  Received received_;
  Watch watch_;
};

/// The links of this machine that are up and carry multicast, by index; loopback too, for programs
/// of one machine.
std::vector<unsigned> multicast_interfaces();

}  // namespace duet::net
