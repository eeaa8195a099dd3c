// SPDX-License-Identifier: MIT
// What was sent under which transport-wide number, and what became of it.
#pragma once

#include <duet/base/time.hpp>
#include <duet/rtp/transport_feedback.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::congestion {

/// A probe that a packet belongs to; 0 for none.
using ProbeId = std::uint32_t;

/// What feedback says of one packet.
struct PacketResult {
  Instant sent_at;
  /// On the receiver's clock, which is not ours; nothing for a loss.
  std::optional<Instant> arrived_at;
  std::uint32_t size = 0;          ///< bytes on the wire
  std::uint64_t sent_through = 0;  ///< bytes on the wire from the beginning up to and with this one
  ProbeId probe = 0;
};

/// Matches feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) with what was sent. Each
/// packet has one result at most. A loss is believed when packets sent a while later have arrived,
/// and what no feedback speaks of, because that got lost itself, has no result.
class SentPackets {
 public:
  /// Four seconds at 10 Mbit/s. Older ones are forgotten.
  static constexpr std::size_t kMaxPackets = 4096;
  /// A packet may be overtaken by others that were sent so much later.
  static constexpr Duration kReorderWait = 30ms;

  /// Numbers are given one after another.
  void add(Instant now, rtp::SequenceNumber sequence, std::size_t size, ProbeId probe);

  /// @return what is newly known, in the order of sending; valid until the next call
  std::span<const PacketResult> handle_feedback(const rtp::TransportFeedback& feedback);

  /// The newest packet that has arrived, as of all feedback so far.
  const std::optional<PacketResult>& newest() const { return newest_; }

  std::uint64_t bytes_sent() const { return bytes_; }

  bool in_flight() const { return settled_ < next_; }

  /// When the oldest packet was sent that nothing is known of; nothing if there is none.
  std::optional<Instant> oldest_in_flight() const;

 private:
  enum class State : std::uint8_t { Sent, Missing, Arrived };

  struct Entry {
    Instant sent_at;
    std::uint64_t sent_through = 0;
    std::uint32_t size = 0;
    ProbeId probe = 0;
    State state = State::Sent;
  };

  Entry& entry(std::int64_t number) {
    return entries_[static_cast<std::size_t>(number) & (entries_.size() - 1)];
  }

  const Entry& entry(std::int64_t number) const {
    return entries_[static_cast<std::size_t>(number) & (entries_.size() - 1)];
  }

  void grow();
  /// Feedback says so of the packets from `from` up to before `to`.
  void note_missing(std::int64_t from, std::int64_t to);
  void settle();

  std::vector<Entry> entries_;  // a ring, its size a power of two
  std::int64_t first_ = 0;      // the oldest that is remembered
  std::int64_t settled_ = 0;    // below it everything is decided
  std::int64_t next_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<rtp::ReferenceTime> reference_;
  Instant reference_at_{};
  std::optional<PacketResult> newest_;
  std::vector<PacketResult> results_;
};

}  // namespace duet::congestion
