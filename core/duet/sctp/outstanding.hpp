// SPDX-License-Identifier: MIT
// What was sent and is not yet acknowledged: what is lost of it, and what to send again.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/sctp/data.hpp>
#include <duet/sctp/rtt.hpp>
#include <duet/sctp/send_queue.hpp>
#include <duet/sctp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace duet::sctp {

/// One fragment under its TSN.
struct SentChunk {
  enum class State : std::uint8_t {
    InFlight,
    Lost,       // to be sent again
    Acked,      // in a gap block; the peer may still take that back
    Abandoned,  // FORWARD-TSN will pass it
  };

  OutgoingMessage* message = nullptr;
  Instant sent;
  std::uint64_t packet = 0;  // number of the packet that carried it last
  std::uint32_t offset = 0;
  std::uint32_t fragment = 0;
  std::uint16_t size = 0;
  std::uint16_t retransmits = 0;
  std::uint8_t flags = 0;
  State state = State::InFlight;
};

/// The chunks behind the cumulative TSN, in a ring.
///
/// Losses are found as QUIC finds them (RFC 9002 §6.1): every packet has a number of its own, also
/// when it repeats what was sent before, and what was sent some packets, or an eighth of a round
/// trip, before something that has come is lost. That takes in RFC 9260 §7.2.4 (three reports of a
/// gap), and finds retransmissions that got lost as well.
class Outstanding {
 public:
  /// Packets that may overtake another (RFC 9002 §6.1.1). Doubled whenever a path shows that it
  /// changes their order, up to the second; then time decides alone.
  static constexpr std::uint64_t kReorderThreshold = 3;
  static constexpr std::uint64_t kMaxReorderThreshold = 96;

  Outstanding(Tsn initial, SendQueue& queue) : queue_{&queue}, base_{initial} {}

  enum class Error : std::uint8_t { AcknowledgesUnsent };

  struct Result {
    bool is_old = false;        // overtaken by a newer one; nothing was done
    bool has_progress = false;  // cumulative TSN moved
    std::size_t acked_bytes = 0;
    std::optional<std::uint64_t> largest;  // packet, among those newly acknowledged
    std::optional<Duration> round_trip;
    std::size_t lost = 0;          // chunks newly found lost
    std::uint64_t first_lost = 0;  // packet
  };

  duet::Result<Result, Error> handle_sack(Instant now, const Sack& sack, const RttEstimator& rtt);

  /// Finds what is lost by time alone. The result has only `lost` and `first_lost`.
  Result handle_loss_timeout(Instant now, const RttEstimator& rtt);

  /// When to call that.
  std::optional<Instant> loss_time() const { return loss_time_; }

  /// Gives the next fragment of a message the next TSN. The payload is at message.bytes + offset.
  Tsn add(Instant now, OutgoingMessage& message, std::size_t size, std::uint8_t flags,
          std::uint64_t packet);

  /// The first chunk to be sent again; messages that may not be are given up on the way.
  std::optional<Tsn> next_lost(Instant now);

  void handle_resent(Instant now, Tsn tsn, std::uint64_t packet);

  /// All in flight counts as lost (RFC 9260 §6.3.3 E3). What gap blocks acknowledged does not,
  /// unless the peer has taken it back (§6.2.1): a message that may not be sent again would be
  /// given up, and FORWARD-TSN have the peer throw away what it has.
  void mark_all_lost();

  /// The newest chunk in flight counts as lost, so that it is sent again and its SACK tells what
  /// else is missing. False if there is none, or if it may not be sent again.
  bool mark_newest_lost();

  const SentChunk& at(Tsn tsn) const { return chunk(tsn); }

  /// Sends nothing more of the message, and passes its TSNs by FORWARD-TSN.
  void abandon(OutgoingMessage& message);

  /// Where FORWARD-TSN goes to (RFC 3758 §3.5 C1); the cumulative TSN if there is nothing to pass.
  Tsn advanced() const;

  Tsn cumulative() const { return base_ - 1; }

  Tsn next_tsn() const { return base_ + static_cast<std::uint32_t>(count_); }

  bool empty() const { return count_ == 0; }

  bool has_lost() const { return lost_ > 0; }

  std::size_t in_flight() const { return in_flight_; }  ///< bytes

  /// Bytes that the peer has no acknowledged room for yet: in flight or lost.
  std::size_t unacknowledged() const { return in_flight_ + lost_bytes_; }

  std::uint64_t retransmitted() const { return retransmitted_; }  ///< chunks, ever

  /// Forgets all, and begins with another TSN. Messages are SendQueue::restart()'s.
  void restart(Tsn initial);

 private:
  SentChunk& chunk(Tsn tsn) {
    return ring_[(head_ + (tsn - base_.value()).value()) & (ring_.size() - 1)];
  }

  const SentChunk& chunk(Tsn tsn) const { return const_cast<Outstanding*>(this)->chunk(tsn); }

  void set_state(SentChunk& chunk, SentChunk::State state);
  void note_acked(Instant now, SentChunk& chunk, Result& result, const RttEstimator& rtt);
  void pop_front();
  void push_back(const SentChunk& chunk);
  void detect_losses(Instant now, Result& result, const RttEstimator& rtt);
  void mark_gaps(Instant now, const Sack& sack, Result& result, const RttEstimator& rtt);

  SendQueue* queue_;
  Tsn base_;                     // of the oldest
  std::vector<SentChunk> ring_;  // a power of two
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t lost_bytes_ = 0;
  std::size_t lost_ = 0;
  std::size_t acked_ = 0;  // by gap blocks
  std::size_t abandoned_ = 0;
  Tsn lost_from_;  // nothing before it is lost
  std::uint64_t largest_acked_ = 0;
  bool has_acked_ = false;
  bool has_resent_ = false;  // some up to resent_to_: packets are not in the order of TSNs
  Tsn resent_to_;
  std::uint64_t reorder_threshold_ = kReorderThreshold;
  std::optional<Instant> loss_time_;
  std::uint64_t retransmitted_ = 0;
};

}  // namespace duet::sctp
