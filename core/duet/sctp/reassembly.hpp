// SPDX-License-Identifier: MIT
// Fragments to messages, in the order of their stream (RFC 9260 §6.5, §6.9, RFC 8260 §2.2).
#pragma once

#include <duet/base/result.hpp>
#include <duet/sctp/data.hpp>
#include <duet/sctp/message.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace duet::sctp {

/// Puts messages together. One way serves both kinds of chunk: a fragment has a place, and the one
/// that follows it has the next place. The places of DATA are TSNs, since a message's fragments
/// have consecutive ones; those of I-DATA are FSNs within (stream, U, MID).
///
/// A fragment that continues what is there is appended to it. Any other is kept by itself until
/// what comes before it has come, and is then appended: no byte is moved more than twice, whatever
/// the order.
class Reassembly {
 public:
  enum class Error : std::uint8_t {
    MessageTooLong,  // longer than max_message_size
    Inconsistent,    // continues a message of another stream or order
  };

  /// What keeping a piece costs beyond its bytes. Counted as if it were data, so that the receive
  /// window bounds the number of pieces too.
  static constexpr std::size_t kPieceOverhead = 96;

  explicit Reassembly(std::size_t max_message_size) : max_message_size_{max_message_size} {}

  /// A fragment whose TSN is new.
  Result<void, Error> handle_data(const DataChunk& data);

  /// The peer gave up everything up to forward.cumulative; `cumulative` is where we were before.
  void handle_forward(const ForwardTsn& forward, Tsn cumulative);

  /// The stream begins anew (RFC 6525 §5.2.2); messages of it that wait for earlier ones are handed
  /// out, since no earlier one will come.
  void reset_stream(StreamId stream);

  /// Everything begins anew, but what is complete is still handed out.
  void reset();

  std::optional<Message> poll_message();

  /// Messages that poll_message() has.
  std::size_t ready() const { return ready_.size() - next_ready_; }

  /// Bytes held, overhead included: fragments, messages that wait for earlier ones, and messages
  /// that nobody took yet.
  std::size_t held() const { return held_; }

 private:
  struct Place {
    std::uint64_t message = 0;  // I-DATA: stream, U and MID. DATA: 0
    std::uint32_t position = 0;

    friend auto operator<=>(const Place&, const Place&) = default;
  };

  /// A message from its first fragment on, as far as it has come without a gap.
  struct Partial {
    StreamId stream;
    bool is_unordered = false;
    std::uint32_t number = 0;  // SSN or MID
    Ppid ppid;
    std::vector<std::byte> bytes;
  };

  /// A fragment that can't be appended yet.
  struct Stray {
    StreamId stream;
    std::uint8_t flags = 0;
    std::uint32_t number = 0;
    std::vector<std::byte> bytes;
  };

  struct Stream {
    std::uint32_t expected = 0;                // SSN or MID of the next ordered message
    std::size_t last_size = 0;                 // of the last message: a hint for the next
    std::map<std::uint32_t, Message> waiting;  // complete, but an earlier one is missing
  };

  using Partials = std::map<Place, Partial>;  // by the place of the fragment that is missing

  static Place place_of(const DataChunk& data);
  static Place message_place(StreamId stream, bool is_unordered, std::uint32_t message);

  std::int32_t ahead_of(std::uint32_t expected, std::uint32_t number) const;
  Result<void, Error> begin(const DataChunk& data, Place place);
  Result<void, Error> extend(Partials::iterator partial, const DataChunk& data);
  Result<void, Error> append(Partial& partial, std::uint8_t flags, StreamId stream,
                             std::uint32_t number, std::span<const std::byte> bytes);
  Result<void, Error> take_strays(Place next, Partial partial);
  void finish(Partial&& partial);
  void deliver(Message&& message, Stream& stream);
  void deliver_waiting(Stream& stream);
  void drop_between(Place first, Place last);
  void skip_ordered(StreamId id, std::uint32_t last);

  std::size_t max_message_size_;
  bool is_interleaved_ = false;
  std::size_t held_ = 0;
  Partials partials_;
  std::map<Place, Stray> strays_;
  std::unordered_map<StreamId, Stream> streams_;
  std::vector<Message> ready_;  // from next_ready_ on
  std::size_t next_ready_ = 0;
};

}  // namespace duet::sctp
