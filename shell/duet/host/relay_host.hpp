// SPDX-License-Identifier: MIT
// Drives the TURN server's machine from UDP sockets and streams.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/http/service.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/udp_receiver.hpp>
#include <duet/net/udp_sender.hpp>
#include <duet/net/udp_socket.hpp>
#include <duet/turn/server.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace duet::host {

class TurnStream;

/// STUN and TURN at UDP sockets of its own, and on connections that a http::Server hands over.
///
/// What arrives in one turn of the loop is answered together at its end: then all that it caused
/// leaves in a few system calls, and nothing of it was copied.
class RelayHost final : public http::StreamService {
 public:
  /// The loop must outlive the host, and so must `random`.
  RelayHost(net::EventLoop& loop, turn::Config config, Random& random);
  ~RelayHost() override;

  /// @throws std::system_error if the port can't be had
  /// @return as it is bound
  Endpoint listen(const Endpoint& endpoint);

  std::unique_ptr<http::Protocol> accept_stream(http::Connection& connection) override;

  /// What changes while a machine runs: its addresses, and the wall clock. Say it again and again.
  void set_surroundings(std::vector<IpAddress> own_addresses);

  turn::Server& machine() { return machine_; }

  const turn::Server& machine() const { return machine_; }

  /// Allocations there are, by turn::Transport.
  const std::array<std::uint64_t, 3>& allocations() const { return allocations_; }

  struct Counters {
    std::uint64_t bad_streams = 0;  ///< closed, since no message could be made out
    std::uint64_t dropped = 0;      ///< messages for clients of streams that read too slowly
    std::uint64_t lost = 0;         ///< datagrams that the kernel did not take
  };

  Counters counters() const;

  // For TurnStream.
  void add_stream(turn::ConnectionId id, TurnStream& stream);
  void remove_stream(const turn::Path& path);
  void handle_message(Instant now, const turn::Path& path, std::span<const std::byte> bytes);
  bool has_allocation(const turn::Path& path) const;

  /// Carries out what the machine wants, and lets go of all that was read.
  void flush(Instant now);

  void handle_bad_stream() { ++counters_.bad_streams; }

  void count_dropped() { ++counters_.dropped; }

 private:
  void handle_readable(std::size_t listener);
  void handle_readable(turn::RelayId relay);
  void handle_complaints(turn::RelayId relay);
  void flush_if_full(Instant now);
  void schedule_flush();
  void send(Instant now, const turn::Transmit& transmit);
  net::UdpSocket* socket_at(const Endpoint& local);
  void handle(Instant now, const turn::OpenRelaySocket& event);
  void handle(Instant now, const turn::CloseRelaySocket& event);
  void handle(Instant now, const turn::AllocationMade& event);
  void handle(Instant now, const turn::AllocationMoved& event);
  void handle(Instant now, const turn::AllocationEnded& event);
  bool handle_events(Instant now);
  void arm_timer();

  net::EventLoop& loop_;
  turn::Server machine_;
  net::UdpReceiver receiver_;
  net::UdpSender sender_;
  std::vector<std::unique_ptr<net::UdpSocket>> listeners_;
  std::unordered_map<turn::RelayId, std::unique_ptr<net::UdpSocket>> relays_;
  std::vector<std::unique_ptr<net::UdpSocket>> closed_;  // the sender may still know them
  std::unordered_map<turn::ConnectionId, TurnStream*> streams_;
  std::vector<turn::Path> ended_;  // streams that the machine has not been told of yet
  std::array<std::uint64_t, 3> allocations_{};
  Counters counters_;
  net::Timer timer_;
  bool flush_scheduled_ = false;
};

}  // namespace duet::host
