// SPDX-License-Identifier: MIT
// For tests: what a receiver would say of packets.
#pragma once

#include <duet/rtp/arrivals.hpp>
#include <duet/rtp/transport_feedback.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace duet::congestion {

/// Feedback as rtp::Arrivals writes it.
class TestReceiver {
 public:
  explicit TestReceiver(Duration interval = 50ms) : arrivals_{interval} {}

  void handle_packet(Instant now, std::uint16_t sequence) {
    arrivals_.handle_packet(now, rtp::SequenceNumber{sequence});
  }

  /// Valid until the next call.
  std::optional<rtp::TransportFeedback> poll(Instant now) {
    const auto control = arrivals_.poll_feedback(now, memory_);
    if (control.empty()) return std::nullopt;
    return *rtp::TransportFeedback::parse(
        rtp::Feedback{.type = rtp::RtcpType::TransportFeedback, .format = 15, .control = control});
  }

 private:
  rtp::Arrivals arrivals_;
  std::array<std::byte, 1200> memory_{};
};

}  // namespace duet::congestion
