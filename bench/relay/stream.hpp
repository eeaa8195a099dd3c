// SPDX-License-Identifier: MIT
// One direction of one path: who sends, who receives, and what each packet must look like.
#pragma once

#include "framing.hpp"
#include "udp_socket.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace duet::bench {

/// What every payload begins with. Twelve bytes, so that it is a transaction id as well.
struct Stamp {
  std::uint32_t stream = 0;
  std::uint32_t sequence = 0;
  std::uint32_t sent_ns = 0;  // of the monotonic clock, its lower 32 bits: 4.3 s until it wraps
};

/// A socket receives at most one stream.
struct Stream {
  UdpSocket* from = nullptr;
  UdpSocket* to = nullptr;
  Framing wrapped = Framing::Bare;    // by the sender
  Framing unwrapped = Framing::Bare;  // by the receiver
  Endpoint send_to;                   // in Send indications
  Endpoint data_from;                 // in Data indications
};

/// Payloads of a stream, made and checked. All of a payload is compared, in its order; what is
/// missing is found by counting.
class Payloads {
 public:
  static constexpr std::size_t kMaxBurst = 64;

  /// @param id    distinct among the streams of a process
  /// @param size  of a payload, 12 or more, a multiple of four
  Payloads(const Stream& stream, std::uint32_t id, std::size_t size);

  /// The next ones, valid until the next call.
  /// @param count  at most kMaxBurst
  std::span<const Datagram> make(std::size_t count);

  /// Bytes of each.
  std::size_t datagram_size() const { return head_size_ - sizeof(Stamp) + size_; }

  /// Counts what arrived. @return its stamp, or nothing if it is not what was sent
  std::optional<Stamp> take(std::span<const std::byte> datagram);

  const Stream& stream() const { return stream_; }

  std::uint64_t sent() const { return next_; }

  std::uint64_t arrived() const { return arrived_; }

  /// Changed, repeated, in the wrong order, or of no stream.
  std::uint64_t wrong() const { return wrong_; }

 private:
  std::span<const std::byte> body_of(std::uint32_t sequence) const;

  Stream stream_;
  std::uint32_t id_;
  std::size_t size_;
  std::size_t head_size_;
  std::vector<std::byte> heads_;  // kMaxBurst times prefix and stamp
  std::array<Datagram, kMaxBurst> datagrams_{};
  std::uint32_t next_ = 0;
  std::uint32_t expected_ = 0;  // the next one or, if some are lost, a later one
  std::uint64_t arrived_ = 0;
  std::uint64_t wrong_ = 0;
};

std::uint32_t now_ns();

}  // namespace duet::bench
