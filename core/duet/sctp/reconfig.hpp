// SPDX-License-Identifier: MIT
// Streams that begin anew, and more of them (RFC 6525).
#pragma once

#include <duet/base/time.hpp>
#include <duet/sctp/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace duet::sctp {

/// RFC 6525 §4.
namespace reconfig_parameter {

inline constexpr std::uint16_t kOutgoingReset = 13;
inline constexpr std::uint16_t kIncomingReset = 14;
inline constexpr std::uint16_t kTsnReset = 15;
inline constexpr std::uint16_t kResponse = 16;
inline constexpr std::uint16_t kAddOutgoing = 17;
inline constexpr std::uint16_t kAddIncoming = 18;

}  // namespace reconfig_parameter

/// RFC 6525 §4.4.
enum class ReconfigResult : std::uint32_t {
  NothingToDo = 0,
  Performed = 1,
  Denied = 2,
  WrongSsn = 3,
  AlreadyInProgress = 4,
  BadSequenceNumber = 5,
  InProgress = 6,
};

/// Both halves of RE-CONFIG: our requests, one at a time, sent again until they are answered, and
/// the peer's, each done once however often it comes.
///
/// Done are resets of outgoing streams, and the adding of outgoing streams; what asks us to reset
/// or add outgoing streams of ours is denied (RFC 8831 §6.7 has no use for it).
class Reconfig {
 public:
  /// Streams in one request: what a packet of 1192 bytes holds. Others wait for the next one.
  static constexpr std::size_t kMaxStreams = 500;

  void start(Tsn local_initial, Tsn peer_initial) {
    next_request_ = local_initial.value();
    expected_ = peer_initial.value();
  }

  // ---- ours

  /// Reset the stream, once nothing of it waits for a TSN.
  void request_reset(StreamId stream);
  void request_streams(std::uint16_t count);

  /// From request_reset() to its answer.
  bool is_resetting(StreamId stream) const;

  /// Makes the next request of what is due, unless one is unanswered.
  ///
  /// @param is_drained  whether nothing of a stream waits for a TSN
  /// @param last        the last TSN assigned
  /// @return            whether there is one to be sent now
  template <class IsDrained>
  bool prepare(IsDrained is_drained, Tsn last) {
    if (is_unanswered_) return is_due_;
    for (auto at = wanted_.begin(); at != wanted_.end() && streams_.size() < kMaxStreams;) {
      if (!is_drained(*at)) {
        ++at;
        continue;
      }
      streams_.push_back(*at);
      at = wanted_.erase(at);
    }
    if (streams_.empty() && wanted_streams_ == 0) return false;
    last_ = last;
    is_unanswered_ = is_due_ = true;
    return true;
  }

  /// The peer's answer to our request. What was asked for, if this ends it.
  struct Answered {
    bool is_performed = false;
    std::vector<StreamId> streams;  // that were to be reset
    std::uint16_t added = 0;        // or streams that were to be added
  };

  std::optional<Answered> handle_response(std::uint32_t sequence, ReconfigResult result);

  // ---- the peer's

  struct Request {
    std::uint16_t type = 0;
    std::uint32_t sequence = 0;
    Tsn last;                       // of a reset
    std::vector<StreamId> streams;  // of a reset
    std::uint16_t count = 0;        // of added streams

    bool is_same_reset(const Request& other) const {
      return last == other.last && streams == other.streams;
    }
  };

  /// A request for the first time, or nothing; it is answered with answer(). What came before is
  /// answered as it was then, and what is out of sequence is refused.
  bool is_new(std::uint32_t sequence);
  void answer(std::uint32_t sequence, ReconfigResult result);

  /// The peer's reset that waits for data that it sent before (§5.2.2 E2).
  std::optional<Request> deferred;

  /// Of a reset that was told "in progress", the same under the next number: libwebrtc asks so
  /// until 2025. Answers it, and it is not to be performed a second time.
  /// @param request  a new one
  bool is_repeated(const Request& request);

  /// What was deferred is done. Answers it.
  Request take_deferred();

  /// Whether data of the stream belongs to its life after a reset that isn't done yet.
  bool is_too_early(StreamId stream, Tsn tsn) const;

  // ---- on the wire

  /// Values of RE-CONFIG chunks to send now: at most an answer and a request.
  std::vector<std::vector<std::byte>> take_due();

  bool has_due() const { return is_due_ || answer_count_ > 0; }

  /// The request went unanswered for a time-out, or is in progress.
  void handle_timeout();

  bool is_unanswered() const { return is_unanswered_; }

 private:
  std::set<StreamId> wanted_;  // to be reset, not asked for yet
  std::uint16_t wanted_streams_ = 0;
  std::vector<StreamId> streams_;  // asked for, in the request that is unanswered; ascending
  bool is_unanswered_ = false;
  bool is_due_ = false;
  int in_progress_ = 0;  // times that the peer said so under the present number
  Tsn last_;
  std::uint32_t next_request_ = 0;  // number of the request that is unanswered or comes next

  std::uint32_t expected_ = 0;                                // number of the peer's next request
  ReconfigResult last_result_ = ReconfigResult::NothingToDo;  // of the one before
  std::optional<Request> performed_;  // the last one, if it had been deferred
  std::array<std::pair<std::uint32_t, ReconfigResult>, 2> answers_{};
  std::size_t answer_count_ = 0;
};

}  // namespace duet::sctp
