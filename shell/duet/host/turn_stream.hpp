// SPDX-License-Identifier: MIT
// STUN and TURN over one TCP or TLS connection.
#pragma once

#include <duet/http/connection.hpp>
#include <duet/http/protocol.hpp>
#include <duet/turn/path.hpp>

#include <optional>
#include <span>
#include <vector>

namespace duet::host {

class RelayHost;

/// Cuts the stream into messages (RFC 8489 §6.2.2, RFC 8656 §12.5) for the host's machine, and
/// takes what it answers.
class TurnStream final : public http::Protocol {
 public:
  TurnStream(RelayHost& host, http::Connection& connection);

  void handle_bytes(Instant now, std::span<std::byte> bytes) override;
  void handle_resumed(Instant now) override;
  void handle_sent(Instant now, std::size_t bytes) override;
  void handle_taken(Instant now) override;
  void handle_end(Instant now) override;
  void handle_closed() override;
  void handle_timeout(Instant now) override;

  /// Queues one message. A client that reads slower than is sent loses messages, as it would over
  /// UDP; one that reads nothing for a while is cut off.
  void send(Instant now, std::span<const std::byte> head, std::span<const std::byte> body,
            std::size_t padding);

 private:
  /// Uses the whole messages at the front; returns how many bytes they were.
  std::size_t take(Instant now, std::span<const std::byte> bytes);

  RelayHost& host_;
  http::Connection& connection_;
  turn::Path path_;
  std::vector<std::byte> kept_;           // the beginning of a message
  std::optional<Instant> stalled_since_;  // the first message dropped since the client last read
};

}  // namespace duet::host
