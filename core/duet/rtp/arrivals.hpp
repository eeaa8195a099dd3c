// SPDX-License-Identifier: MIT
// Remembers when the packets of a transport arrived, and tells their sender.
#pragma once

#include <duet/rtp/transport_feedback.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::rtp {

/// The receiving side of draft-holmer-rmcat-transport-wide-cc-extensions-01: arrivals go in, and
/// every interval in which something arrived, one or more feedback packets come out.
class Arrivals {
 public:
  /// How many sequence numbers are remembered: 20,000 packets a second for the longest interval.
  /// Whoever jumps further begins anew.
  static constexpr std::size_t kWindow = 4096;
  /// Twenty packets of some 60 bytes a second: 10 kbit/s, and a rate that is known in time.
  static constexpr Duration kDefaultInterval = 50ms;

  /// What comes after so long is told at once: its sender waits for a sign of life.
  static constexpr Duration kSilence = 300ms;

  /// The least buffer that a feedback of one packet fits into.
  static constexpr std::size_t kMinBuffer = 12;

  struct Stats {
    std::uint64_t packets = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t restarts = 0;  ///< jumps out of the window
    std::uint64_t feedbacks = 0;
  };

  explicit Arrivals(Duration interval = kDefaultInterval) : interval_{interval} {}

  void handle_packet(Instant now, SequenceNumber sequence);

  /// The FCI of the next feedback packet that is due.
  /// @param buffer  at least kMinBuffer bytes; some 1,000 are usual
  /// @return its bytes, in `buffer`; empty if there is nothing to say yet. Ask until then.
  std::span<const std::byte> poll_feedback(Instant now, std::span<std::byte> buffer);

  /// When poll_feedback() will have something; nothing while all that came was told.
  std::optional<Instant> next_timeout() const { return deadline_; }

  void set_interval(Duration interval) { interval_ = interval; }

  const Stats& stats() const { return stats_; }

 private:
  void restart(std::int64_t sequence);
  Instant& slot(std::int64_t sequence);

  Duration interval_;
  // Arrivals by sequence number modulo kWindow; kNever for none. Made with the first packet.
  std::vector<Instant> slots_;
  Unwrapper<SequenceNumber> unwrapper_;
  std::int64_t next_ = 0;  // the first that was not told yet
  std::int64_t end_ = 0;   // after the newest that arrived
  std::optional<Instant> deadline_;
  std::optional<Instant> newest_;  // when the last one arrived
  std::uint8_t feedback_count_ = 0;
  Stats stats_;
};

}  // namespace duet::rtp
