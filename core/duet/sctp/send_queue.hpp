// SPDX-License-Identifier: MIT
// Messages on their way out: queues per stream, and whose turn it is (RFC 8260 §3).
#pragma once

#include <duet/base/time.hpp>
#include <duet/sctp/message.hpp>
#include <duet/sctp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace duet::sctp {

/// A message from send() until the peer has all of it, or until it is given up.
struct OutgoingMessage {
  StreamId stream;
  Ppid ppid;
  bool is_unordered = false;
  bool is_counted = true;  // in SendQueue::buffered() of its stream
  std::vector<std::byte> bytes;
  std::optional<std::uint32_t> max_retransmits;
  Instant expires = Instant::max();

  // Kept by SendQueue and Outstanding.
  std::uint32_t number = 0;     // SSN or MID, from the first fragment on
  std::size_t sent = 0;         // bytes that have a TSN
  std::uint32_t fragments = 0;  // that have a TSN
  std::uint32_t unsettled = 0;  // of those, not yet acknowledged cumulatively
  Tsn first;
  Tsn last;
  bool is_abandoned = false;
  std::list<OutgoingMessage>::iterator self;

  bool is_started() const { return fragments > 0; }

  bool is_all_sent() const { return sent == bytes.size(); }
};

/// What waits to be sent, and what is remembered of it until it has come.
///
/// Streams take turns by weighted fair queueing (RFC 8260 §3.6; with equal weights it is the fair
/// bandwidth scheduler of §3.5). With interleaving a turn is a fragment, without it a message.
class SendQueue {
 public:
  static constexpr std::uint16_t kDefaultWeight = 256;  // RFC 8831 §6.4, "low" of the W3C

  /// Bytes of other messages that may be begun while one of interleaved ones isn't through: a
  /// receiver must have room for all of them at once.
  void set_interleaving(bool is_interleaved, std::size_t most_begun) {
    is_interleaved_ = is_interleaved;
    most_begun_ = most_begun;
  }

  void add(OutgoingMessage message);

  /// The message whose next fragment is to be sent, or null. Messages that expired before their
  /// turn are dropped here.
  OutgoingMessage* next(Instant now);

  /// The fragment that next() asked for was given a TSN.
  void handle_sent(OutgoingMessage& message, std::size_t bytes);

  /// One fragment is settled: acknowledged or forwarded over. Frees the message with its last.
  void settle(OutgoingMessage& message);

  /// Nothing more of it will be sent. It stays until its fragments are settled.
  void abandon(OutgoingMessage& message);

  /// Bytes of this stream's counted messages that were not sent yet.
  std::size_t buffered(StreamId stream) const;

  /// Of all messages.
  std::size_t buffered() const { return buffered_; }

  /// Bytes of all messages kept, sent ones included.
  std::size_t held() const { return held_; }

  void set_low_threshold(StreamId stream, std::size_t bytes);
  void set_weight(StreamId stream, std::uint16_t weight);

  /// A stream whose buffered bytes fell from above its threshold to it or below.
  std::optional<StreamId> poll_low();

  bool has_low() const { return !low_.empty(); }

  /// Whether nothing of the stream waits for a TSN.
  bool is_drained(StreamId stream) const;

  /// Numbers begin anew (RFC 6525 §5.1.2), and everything else of the stream is forgotten. It is
  /// drained.
  void reset_stream(StreamId stream);

  /// Numbers of every stream begin anew, and every message from its beginning: the peer restarted.
  void restart();

  /// What the peer has not room for will not be sent.
  void drop_streams_from(std::uint32_t first);

  /// Nothing is kept any more.
  void clear();

 private:
  struct Stream {
    std::list<OutgoingMessage> waiting;
    std::size_t buffered = 0;
    std::size_t low_threshold = 0;
    std::uint16_t weight = kDefaultWeight;
    bool is_scheduled = false;
    std::uint32_t next_ordered = 0;
    std::uint32_t next_unordered = 0;  // MIDs have a count of their own (RFC 8260 §2.1)
    std::uint64_t finish = 0;          // virtual time
  };

  void schedule(Stream& stream);
  void unschedule(Stream& stream);
  void take_from(Stream& stream, const OutgoingMessage& message, std::size_t bytes);
  void drop_waiting(Stream& stream, std::list<OutgoingMessage>::iterator message);
  Stream* whose_turn(Instant now);

  bool is_interleaved_ = false;
  std::size_t most_begun_ = 0;
  std::size_t begun_ = 0;  // bytes of messages begun and not all sent
  std::size_t buffered_ = 0;
  std::size_t held_ = 0;
  std::unordered_map<StreamId, Stream> streams_;
  std::vector<Stream*> turns_;  // a heap, the least virtual time first
  Stream* current_ = nullptr;   // without interleaving: in the middle of a message
  std::uint64_t virtual_time_ = 0;
  std::list<OutgoingMessage> sent_;
  std::vector<StreamId> low_;
};

}  // namespace duet::sctp
