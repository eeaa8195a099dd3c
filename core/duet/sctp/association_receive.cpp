// SPDX-License-Identifier: MIT
// Data in, its acknowledgement, and stream resets (RFC 9260 §6.2, RFC 3758 §3.6, RFC 6525 §5.2).
#include <duet/sctp/association.hpp>

#include <algorithm>
#include <array>

namespace duet::sctp {

void Association::handle_data(const Chunk& chunk) {
  // RFC 9260 §6: after SHUTDOWN was received there is no new data.
  if (state_ < State::Established || state_ > State::ShutdownSent) {
    ++statistics_.chunks_dropped;
    return;
  }
  const auto data = DataChunk::parse(chunk);
  if (!data) {
    if (data.error() == DataError::NoUserData) {  // RFC 9260 §6.2
      return fail_with(Closed::Reason::ProtocolViolation, Cause::NoUserData, "DATA without data");
    }
    ++statistics_.chunks_dropped;
    return;
  }
  if (data->is_interleaved != agreed_.interleaving) {  // RFC 8260 §2.2.3
    return fail_with(Closed::Reason::ProtocolViolation, Cause::ProtocolViolation,
                     "the kind of data that was not agreed on");
  }
  switch (received_.classify(data->tsn)) {
    case TsnTracker::Kind::Duplicate:
      ++statistics_.chunks_duplicate;
      note_sack(SackNeed::Now);
      return;
    case TsnTracker::Kind::Refused:
      ++statistics_.chunks_dropped;
      note_sack(SackNeed::Now);
      return;
    case TsnTracker::Kind::New:
      break;
  }
  if (!make_room_for(*data) || reconfig_.is_too_early(data->stream, data->tsn)) {
    ++statistics_.chunks_dropped;
    if (!is_over_) note_sack(SackNeed::Now);
    return;
  }
  received_.add(data->tsn);
  has_data_in_packet_ = true;
  if ((data->flags & kFlagImmediate) != 0) note_sack(SackNeed::Now);
  if (data->stream.value() >= incoming_streams_) {  // RFC 9260 §6.5: acknowledged, not delivered
    ++statistics_.chunks_dropped;
    std::array<std::byte, 4> which{};
    store16(which.data(), data->stream.value());
    return report(Cause::InvalidStreamIdentifier, which);
  }
  const auto done = reassembly_.handle_data(*data);
  if (done) return;
  fail_with(Closed::Reason::ProtocolViolation, Cause::ProtocolViolation,
            done.error() == Reassembly::Error::MessageTooLong ? "message too long"
                                                              : "fragments do not belong together");
}

/// Beyond the window only the next TSN is taken, since it may complete a message; and if even that
/// does not help while the application takes what is complete, nothing will.
bool Association::make_room_for(const DataChunk& data) {
  const std::size_t after = reassembly_.held() + data.payload.size();
  if (after <= config_.receive_window) return true;
  if (received_.cumulative() + 1 != data.tsn) return false;
  if (after <= config_.receive_window + config_.max_message_size) return true;
  if (reassembly_.ready() == 0) {
    fail_with(Closed::Reason::OutOfResource, Cause::OutOfResource,
              "more messages begun than the window holds");
  }
  return false;
}

void Association::handle_forward_tsn(const Chunk& chunk) {
  const auto forward = ForwardTsn::parse(chunk);
  const bool is_expected =
      agreed_.forward_tsn && state_ >= State::Established && state_ <= State::ShutdownSent;
  if (!forward || !is_expected || forward->is_interleaved != agreed_.interleaving) {
    ++statistics_.chunks_dropped;
    return;
  }
  note_sack(SackNeed::Now);
  const Tsn before = received_.cumulative();
  if (distance(before, forward->cumulative) <= 0) return;  // RFC 3758 §3.6: out of date
  received_.forward(forward->cumulative);
  reassembly_.handle_forward(*forward, before);
}

std::uint32_t Association::free_window() const {
  const std::size_t held = std::min(reassembly_.held(), config_.receive_window);
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(config_.receive_window - held, 0xFFFFFFFF));
}

void Association::note_sack(SackNeed need) {
  if (sack_ == SackNeed::Now) return;
  if (need == SackNeed::Delayed && sack_ == SackNeed::None) sack_time_ = now_ + kSackDelay;
  sack_ = std::max(sack_, need);
}

// ------------------------------------------------------------------ RE-CONFIG

void Association::handle_reconfig(const Chunk& chunk) {
  if (!agreed_.reconfig || state_ < State::Established || state_ > State::ShutdownSent) {
    ++statistics_.chunks_dropped;
    return;
  }
  ParameterReader parameters{chunk.value};
  // RFC 6525 §3.1 allows two.
  for (int i = 0; i < 2; ++i) {
    const auto parameter = parameters.next();
    if (!parameter) break;
    const std::size_t least = parameter->type == reconfig_parameter::kOutgoingReset ? 12 : 4;
    if (parameter->value.size() < least) {
      ++statistics_.chunks_dropped;
      return;
    }
    const std::uint32_t sequence = load32(parameter->value.data());
    switch (parameter->type) {
      case reconfig_parameter::kOutgoingReset:
        handle_outgoing_reset(parameter->value);
        break;
      case reconfig_parameter::kAddOutgoing:
        handle_add_streams(parameter->value);
        break;
      case reconfig_parameter::kResponse:
        handle_reconfig_response(parameter->value);
        break;
      case reconfig_parameter::kIncomingReset:
      case reconfig_parameter::kTsnReset:
      case reconfig_parameter::kAddIncoming:
        if (reconfig_.is_new(sequence)) reconfig_.answer(sequence, ReconfigResult::Denied);
        break;
      default:
        ++statistics_.chunks_dropped;
    }
  }
}

void Association::handle_outgoing_reset(std::span<const std::byte> value) {
  const std::uint32_t sequence = load32(value.data());
  if (!reconfig_.is_new(sequence)) return;
  Reconfig::Request request{.sequence = sequence, .last = Tsn{load32(value.data() + 8)}};
  const auto streams = value.subspan(12);
  // RFC 6525 §4.1: none means all. Channels are closed one by one (RFC 8831 §6.7), so that is not
  // needed.
  if (streams.size() < 2) {
    reconfig_.answer(sequence, ReconfigResult::Denied);
    return;
  }
  for (std::size_t at = 0; at + 2 <= streams.size(); at += 2) {
    const StreamId stream{load16(streams.data() + at)};
    if (stream.value() >= incoming_streams_) {
      reconfig_.answer(sequence, ReconfigResult::WrongSsn);
      return;
    }
    request.streams.push_back(stream);
  }
  if (reconfig_.is_repeated(request)) return;
  if (reconfig_.deferred) {  // out of turn (§5.2.1)
    reconfig_.answer(sequence, ReconfigResult::AlreadyInProgress);
    return;
  }
  if (distance(received_.cumulative(), request.last) > 0) {  // E2
    reconfig_.answer(sequence, ReconfigResult::InProgress);
    reconfig_.deferred = std::move(request);
    return;
  }
  perform_incoming_reset(request);
  reconfig_.answer(sequence, ReconfigResult::Performed);
}

void Association::perform_incoming_reset(const Reconfig::Request& request) {
  for (const StreamId stream : request.streams) {
    reassembly_.reset_stream(stream);
    push_event(IncomingReset{stream});
  }
}

void Association::look_at_deferred_reset() {
  if (!reconfig_.deferred) return;
  if (distance(received_.cumulative(), reconfig_.deferred->last) > 0) return;
  perform_incoming_reset(reconfig_.take_deferred());
}

void Association::handle_add_streams(std::span<const std::byte> value) {
  const std::uint32_t sequence = load32(value.data());
  if (!reconfig_.is_new(sequence)) return;
  const std::uint16_t count = value.size() < 6 ? 0 : load16(value.data() + 4);
  if (count == 0 || count > config_.incoming_streams - incoming_streams_) {
    reconfig_.answer(sequence, ReconfigResult::Denied);
    return;
  }
  incoming_streams_ = static_cast<std::uint16_t>(incoming_streams_ + count);
  reconfig_.answer(sequence, ReconfigResult::Performed);
}

void Association::handle_reconfig_response(std::span<const std::byte> value) {
  if (value.size() < 8) return;
  timeouts_ = 0;
  const auto answered = reconfig_.handle_response(
      load32(value.data()), static_cast<ReconfigResult>(load32(value.data() + 4)));
  if (!answered) return;
  reconfig_time_.reset();
  for (const StreamId stream : answered->streams) {
    if (answered->is_performed) queue_.reset_stream(stream);
    push_event(OutgoingReset{stream, answered->is_performed});
  }
  if (answered->streams.empty()) {
    if (answered->is_performed) {
      outgoing_streams_ = static_cast<std::uint16_t>(outgoing_streams_ + answered->added);
    }
    push_event(StreamsAdded{outgoing_streams_});
  }
}

}  // namespace duet::sctp
