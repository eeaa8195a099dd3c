// SPDX-License-Identifier: MIT
// One bound UDP socket.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace duet::net {

/// Read by a UdpReceiver, written by a UdpSender.
///
/// The kernel may hand over many datagrams of one sender at a time (UDP_GRO).
class UdpSocket {
 public:
  enum class Fragmentation : std::uint8_t {
    Allowed,  ///< on the way and by the kernel (RFC 8656 §15: DF is 0 unless the client asks)
    Never     ///< DF is set; what is longer than the device carries is lost at once
  };

  /// Bytes of a datagram worth trying where fragments are not wanted: with its headers, it fits the
  /// largest device that joins many into one (64 KB) four times, and one DTLS record holds it.
  static constexpr std::size_t kMaxUnfragmented = 16'000;

  /// Binds to `local`; of a wildcard address to those of its family alone. Port 0 takes a free one.
  /// @param readable  called from the loop while there is something to read
  /// @throws std::system_error if it can't be had
  UdpSocket(EventLoop& loop, const Endpoint& local, std::function<void()> readable,
            Fragmentation fragmentation = Fragmentation::Allowed);

  int descriptor() const { return watch_.descriptor(); }

  /// As it is bound: perhaps to a wildcard address, never to port 0.
  const Endpoint& local() const { return local_; }

  /// Room for bursts while the thread is elsewhere, as far as the system lets us have it (bytes).
  void set_receive_buffer(int size);

  /// Whether one system call may carry many datagrams (UDP_SEGMENT). A path whose device can't do
  /// it says so once, and is not asked again.
  bool can_segment() const { return can_segment_; }

  void give_up_segmenting() { can_segment_ = false; }

  /// Sends one datagram with DF set. @return false if it did not leave, being longer than the path
  /// carries
  bool send_unfragmented(const Endpoint& to, std::span<const std::byte> bytes) {
    return send_once(to, bytes, Fragmentation::Never);
  }

  /// Sends one datagram that may be fragmented, whatever the socket's others may.
  bool send_fragmented(const Endpoint& to, std::span<const std::byte> bytes) {
    return send_once(to, bytes, Fragmentation::Allowed);
  }

  /// What the network told of a datagram that was sent: ICMP's type and code, and the MTU where the
  /// datagram was too long. Who finds that out before it leaves is this machine.
  struct Complaint {
    Endpoint to;
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint32_t mtu = 0;
  };

  /// From now on complaints are kept for receive_complaint(), and `complained` is called from the
  /// loop while there are any.
  void hear_complaints(std::function<void()> complained);

  bool hears_complaints() const { return complained_ != nullptr; }

  /// The next one; nothing if there is none, or what there is speaks of nothing that was sent.
  std::optional<Complaint> receive_complaint();

  /// A link-local address doesn't say on which of several links its neighbours are (RFC 4007 §6):
  /// the receiver tells at which interface something came to one of ours, the sender asks.
  void learn_interface(const IpAddress& own, unsigned interface);
  /// The index of the interface; 0 where nothing has come to this address.
  unsigned interface_of(const IpAddress& own) const;

 private:
  bool send_once(const Endpoint& to, std::span<const std::byte> bytes, Fragmentation fragmentation);

  Endpoint local_;  // set when the socket is bound, so before watch_
  Fragmentation fragmentation_;
  std::function<void()> complained_;
  Watch watch_;
  bool can_segment_ = true;
  std::vector<std::pair<IpAddress, unsigned>> interfaces_;
};

}  // namespace duet::net
