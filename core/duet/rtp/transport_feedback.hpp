// SPDX-License-Identifier: MIT
// When the packets of a whole transport arrived, as one feedback packet says it.
#pragma once

#include <duet/rtp/rtcp_feedback.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>

namespace duet::rtp {

/// The receiver's clock at the beginning of a feedback, in multiples of 64 ms: 24 bits, which wrap
/// every twelve days.
using ReferenceTime = Wrapping<struct ReferenceTimeTag, std::uint32_t>;

/// One packet of a feedback: whether and when it arrived.
struct PacketArrival {
  SequenceNumber sequence;
  /// After the feedback's reference time, and negative for a packet that came before it; nothing
  /// for one that did not arrive.
  std::optional<Duration> at;

  friend bool operator==(const PacketArrival&, const PacketArrival&) = default;
};

/// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1: a view into a feedback packet's FCI.
/// The chunks and deltas are known to be there for every status; walking them allocates nothing.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      base sequence number     |      packet status count      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                 reference time                | fb pkt. count |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |          packet chunks, 16 bits each, then the deltas         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
class TransportFeedback {
 public:
  /// The most statuses in one packet: half the sequence numbers. More could not be told from older
  /// ones, and a few bytes would make the reader take tens of thousands of steps.
  static constexpr std::size_t kMaxStatuses = 0x8000;
  static constexpr Duration kReferenceUnit = 64ms;
  static constexpr Duration kDeltaUnit = 250us;

  class Iterator {
   public:
    using value_type = PacketArrival;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(const TransportFeedback& feedback);

    const PacketArrival& operator*() const { return arrival_; }

    Iterator& operator++() {
      --left_;
      arrival_.sequence = arrival_.sequence + 1;
      read();
      return *this;
    }

    /// How many packets from this one on did not arrive, as far as one chunk says it; at least 1. A
    /// chunk of two bytes tells it of thousands: to look at each would cost more than to send it.
    std::size_t missing_run() const { return 1 + (arrival_.at ? 0 : run_left()); }

    /// Passes over packets of a missing_run().
    /// @param count  1 to missing_run()
    void skip(std::size_t count);

    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.left_ == 0; }

   private:
    void read();
    std::size_t run_left() const;

    ByteReader chunks_;
    ByteReader deltas_;
    PacketArrival arrival_;
    Duration time_;
    std::size_t left_;  // statuses, the one in arrival_ included
    std::uint16_t chunk_ = 0;
    unsigned in_chunk_ = 0;  // symbols left in chunk_
  };

  static Result<TransportFeedback, RtcpError> parse(const Feedback& feedback);

  SequenceNumber base() const { return base_; }

  /// How many packets it speaks of, from base() on; 1 to kMaxStatuses.
  std::size_t status_count() const { return status_count_; }

  /// How many of them arrived.
  std::size_t received_count() const { return received_count_; }

  ReferenceTime reference() const { return reference_; }

  /// One more for each feedback packet, modulo 256: a gap is feedback that was lost.
  std::uint8_t feedback_count() const { return feedback_count_; }

  /// How much later `later` is: what to add to the `at` of its packets to compare them with those
  /// of `earlier`. Within six days either way.
  static Duration between(ReferenceTime earlier, ReferenceTime later);

  Iterator begin() const { return Iterator{*this}; }

  static std::default_sentinel_t end() { return {}; }

 private:
  TransportFeedback() = default;

  std::span<const std::byte> chunks_;
  std::span<const std::byte> deltas_;
  std::size_t status_count_ = 0;
  std::size_t received_count_ = 0;
  SequenceNumber base_;
  ReferenceTime reference_;
  std::uint8_t feedback_count_ = 0;
};

}  // namespace duet::rtp
