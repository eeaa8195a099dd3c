// SPDX-License-Identifier: MIT
// One STUN request until it is answered or given up.
#pragma once

#include <duet/base/time.hpp>
#include <duet/stun/message.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::stun {

/// One STUN request and its retransmissions over UDP (RFC 8489 §6.2.1), or its single transmission
/// over a stream (§6.2.2).
class Transaction {
 public:
  enum class Outcome : std::uint8_t { Answered, TimedOut };
  enum class Carrier : std::uint8_t { Datagram, Stream };

  static constexpr Duration kRto = 500ms;   // RFC 8489 §6.2.1
  static constexpr int kRc = 7;             // RFC 8489 §6.2.1
  static constexpr int kRm = 16;            // RFC 8489 §6.2.1
  static constexpr Duration kTi = 39500ms;  // RFC 8489 §6.2.2

  /// @param request  serialized message; kept for retransmission
  Transaction(Instant now, TransactionId id, std::vector<std::byte> request,
              Carrier carrier = Carrier::Datagram, Duration rto = kRto);

  /// An answer came; another id than ours changes nothing.
  void handle_response(const TransactionId& id);
  void handle_timeout(Instant now);

  /// Bytes to send now, or nothing. Valid until the next non-const call.
  std::optional<std::span<const std::byte>> poll_transmit();

  /// The result, once; nothing while the request is in flight.
  std::optional<Outcome> poll_event();

  /// When to call handle_timeout(); nothing once finished.
  std::optional<Instant> next_timeout() const { return deadline_; }

  const TransactionId& id() const { return id_; }

 private:
  void finish(Outcome outcome);

  TransactionId id_;
  std::vector<std::byte> request_;
  Carrier carrier_;
  Duration rto_;
  Duration interval_;
  std::optional<Instant> deadline_;
  std::optional<Outcome> outcome_;
  int sends_ = 1;
  bool transmit_pending_ = true;
};

}  // namespace duet::stun
