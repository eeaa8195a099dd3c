// SPDX-License-Identifier: MIT
// Acknowledgement, loss and retransmission.
#include <duet/base/check.hpp>
#include <duet/sctp/outstanding.hpp>

#include <algorithm>
#include <limits>

namespace duet::sctp {

using State = SentChunk::State;

void Outstanding::set_state(SentChunk& chunk, State state) {
  if (chunk.state == State::InFlight) in_flight_ -= chunk.size;
  if (chunk.state == State::Lost) {
    lost_bytes_ -= chunk.size;
    --lost_;
  }
  if (chunk.state == State::Acked) --acked_;
  if (chunk.state == State::Abandoned) --abandoned_;
  chunk.state = state;
  if (state == State::InFlight) in_flight_ += chunk.size;
  if (state == State::Lost) {
    lost_bytes_ += chunk.size;
    ++lost_;
  }
  if (state == State::Acked) ++acked_;
  if (state == State::Abandoned) ++abandoned_;
}

void Outstanding::push_back(const SentChunk& chunk) {
  if (count_ == ring_.size()) {
    std::vector<SentChunk> larger(std::max<std::size_t>(16, 2 * ring_.size()));
    for (std::size_t i = 0; i < count_; ++i) larger[i] = ring_[(head_ + i) & (ring_.size() - 1)];
    ring_ = std::move(larger);
    head_ = 0;
  }
  ring_[(head_ + count_) & (ring_.size() - 1)] = chunk;
  ++count_;
}

void Outstanding::pop_front() {
  SentChunk& front = ring_[head_];
  set_state(front, State::Acked);
  --acked_;
  OutgoingMessage& message = *front.message;
  front = {};
  head_ = (head_ + 1) & (ring_.size() - 1);
  base_ = base_ + 1;
  --count_;
  queue_->settle(message);
}

Tsn Outstanding::add(Instant now, OutgoingMessage& message, std::size_t size, std::uint8_t flags,
                     std::uint64_t packet) {
  const Tsn tsn = next_tsn();
  SentChunk chunk{.message = &message,
                  .sent = now,
                  .packet = packet,
                  .offset = static_cast<std::uint32_t>(message.sent),
                  .fragment = message.fragments,
                  .size = static_cast<std::uint16_t>(size),
                  .flags = flags};
  if (!message.is_started()) {
    chunk.flags |= kFlagBegin;
    message.first = tsn;
  }
  if (message.sent + size == message.bytes.size()) chunk.flags |= kFlagEnd;
  message.last = tsn;
  if (count_ == 0) lost_from_ = tsn;
  push_back(chunk);
  in_flight_ += size;
  queue_->handle_sent(message, size);
  return tsn;
}

void Outstanding::note_acked(Instant now, SentChunk& chunk, Result& result,
                             const RttEstimator& rtt) {
  if (chunk.state != State::InFlight && chunk.state != State::Lost) return;
  result.acked_bytes += chunk.size;
  const Duration age = now - chunk.sent;
  // What was sent again and is acknowledged sooner than a round trip came at its first attempt: the
  // network changed the order, and the loss was none.
  if (chunk.retransmits > 0 && age < rtt.minimum()) {
    reorder_threshold_ = std::min(2 * reorder_threshold_, kMaxReorderThreshold);
    return;
  }
  if (result.largest && *result.largest >= chunk.packet) return;
  result.largest = chunk.packet;
  result.round_trip.reset();
  if (chunk.retransmits == 0) result.round_trip = age;  // Karn's rule (RFC 9260 §6.3.1 C5)
}

duet::Result<Outstanding::Result, Outstanding::Error> Outstanding::handle_sack(
    Instant now, const Sack& sack, const RttEstimator& rtt) {
  Result result;
  const std::int32_t moved = distance(cumulative(), sack.cumulative);
  if (moved < 0) {
    result.is_old = true;
    return result;
  }
  if (static_cast<std::size_t>(moved) > count_) return fail(Error::AcknowledgesUnsent);
  result.has_progress = moved > 0;
  for (std::int32_t i = 0; i < moved; ++i) {
    note_acked(now, ring_[head_], result, rtt);
    pop_front();
  }
  if (distance(resent_to_, base_) > 0) has_resent_ = false;
  if (count_ == 0) {
    // A connection that is idle keeps little.
    if (ring_.size() > 64) ring_ = std::vector<SentChunk>{};
    head_ = 0;
  }
  if (distance(lost_from_, base_) > 0) lost_from_ = base_;
  mark_gaps(now, sack, result, rtt);
  if (result.largest) {
    largest_acked_ = has_acked_ ? std::max(largest_acked_, *result.largest) : *result.largest;
    has_acked_ = true;
  }
  if (acked_ > 0 || has_resent_) {
    detect_losses(now, result, rtt);
  } else {
    loss_time_.reset();
  }
  return result;
}

/// Blocks that lie (beyond what was sent, backwards, overlapping) are passed over, so the work is
/// bounded by the chunks there are.
void Outstanding::mark_gaps(Instant now, const Sack& sack, Result& result,
                            const RttEstimator& rtt) {
  std::size_t behind = 0;  // chunks before it were looked at
  for (std::size_t i = 0; i < sack.gap_count(); ++i) {
    const auto [first, last] = sack.gap(i);
    if (first == 0 || first > last || last > count_ || first - 1U < behind) continue;
    for (std::size_t at = first - 1U; at < last; ++at) {
      SentChunk& chunk = ring_[(head_ + at) & (ring_.size() - 1)];
      if (chunk.state != State::InFlight && chunk.state != State::Lost) continue;
      note_acked(now, chunk, result, rtt);
      set_state(chunk, State::Acked);
    }
    behind = last;
  }
}

void Outstanding::detect_losses(Instant now, Result& result, const RttEstimator& rtt) {
  loss_time_.reset();
  if (!has_acked_) return;
  // RFC 9002 §6.1.2: kTimeThreshold is 9/8.
  const Duration base = std::max(rtt.smoothed(), rtt.latest());
  const Duration patience = std::max(base + base / 8, kGranularity);
  result.first_lost = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < count_; ++i) {
    SentChunk& chunk = ring_[(head_ + i) & (ring_.size() - 1)];
    if (chunk.state != State::InFlight || chunk.packet >= largest_acked_) {
      // Behind here all was sent later, unless something was sent again.
      if (chunk.state == State::InFlight && !has_resent_) break;
      continue;
    }
    if (chunk.packet + reorder_threshold_ <= largest_acked_ || chunk.sent + patience <= now) {
      const Tsn tsn = base_ + static_cast<std::uint32_t>(i);
      set_state(chunk, State::Lost);
      if (distance(tsn, lost_from_) > 0) lost_from_ = tsn;
      ++result.lost;
      result.first_lost = std::min(result.first_lost, chunk.packet);
      continue;
    }
    const Instant due = chunk.sent + patience;
    loss_time_ = loss_time_ ? std::min(*loss_time_, due) : due;
  }
}

Outstanding::Result Outstanding::handle_loss_timeout(Instant now, const RttEstimator& rtt) {
  Result result;
  if (loss_time_ && now >= *loss_time_) detect_losses(now, result, rtt);
  return result;
}

std::optional<Tsn> Outstanding::next_lost(Instant now) {
  while (lost_ > 0) {
    const SentChunk& found = chunk(lost_from_);
    if (found.state != State::Lost) {
      lost_from_ = lost_from_ + 1;
      continue;
    }
    OutgoingMessage& message = *found.message;
    const bool is_spent = message.max_retransmits && found.retransmits >= *message.max_retransmits;
    if (!is_spent && message.expires > now) return lost_from_;
    abandon(message);
  }
  return std::nullopt;
}

void Outstanding::handle_resent(Instant now, Tsn tsn, std::uint64_t packet) {
  SentChunk& again = chunk(tsn);
  set_state(again, State::InFlight);
  again.sent = now;
  again.packet = packet;
  if (again.retransmits < std::numeric_limits<std::uint16_t>::max()) ++again.retransmits;
  if (!has_resent_ || distance(resent_to_, tsn) > 0) resent_to_ = tsn;
  has_resent_ = true;
  ++retransmitted_;
}

void Outstanding::mark_all_lost() {
  // Everything before the first chunk has come. Had that one come as well, as a gap block said, the
  // cumulative TSN would tell.
  const bool was_taken_back = count_ > 0 && ring_[head_].state == State::Acked;
  for (std::size_t i = 0; i < count_; ++i) {
    SentChunk& chunk = ring_[(head_ + i) & (ring_.size() - 1)];
    const bool is_lost =
        chunk.state == State::InFlight || (was_taken_back && chunk.state == State::Acked);
    if (is_lost) {
      set_state(chunk, chunk.message->is_abandoned ? State::Abandoned : State::Lost);
    }
  }
  lost_from_ = base_;
  loss_time_.reset();
}

bool Outstanding::mark_newest_lost() {
  for (std::size_t i = count_; i > 0; --i) {
    SentChunk& chunk = ring_[(head_ + i - 1) & (ring_.size() - 1)];
    if (chunk.state != State::InFlight) continue;
    const auto& most = chunk.message->max_retransmits;
    if (most && chunk.retransmits >= *most) return false;
    set_state(chunk, State::Lost);
    const Tsn tsn = base_ + static_cast<std::uint32_t>(i - 1);
    if (distance(tsn, lost_from_) > 0) lost_from_ = tsn;
    return true;
  }
  return false;
}

void Outstanding::abandon(OutgoingMessage& message) {
  if (message.is_abandoned) return;
  for (Tsn tsn = message.first; distance(tsn, message.last) >= 0; tsn = tsn + 1) {
    if (distance(base_, tsn) < 0) continue;
    SentChunk& part = chunk(tsn);
    // RFC 3758 §3.5 A3: all fragments, those that have come too. FORWARD-TSN would else stop before
    // them, and libusrsctp keep them for good, and all later messages behind them.
    if (part.message == &message) set_state(part, State::Abandoned);
  }
  if (!message.is_all_sent()) {
    // The rest has no TSN, and needs none but one that stays open until the peer has heard of it:
    // it would otherwise wait for this message for ever once what was sent of it has come.
    SentChunk end{.message = &message,
                  .offset = static_cast<std::uint32_t>(message.sent),
                  .fragment = message.fragments,
                  .flags = kFlagEnd,
                  .state = State::Abandoned};
    ++abandoned_;
    ++message.unsettled;
    message.last = next_tsn();
    push_back(end);
  }
  queue_->abandon(message);
}

Tsn Outstanding::advanced() const {
  if (abandoned_ == 0) return cumulative();
  // What came behind it is not passed over: it may be the beginning of a message that goes on.
  Tsn reached = cumulative();
  while (reached + 1 != next_tsn() && chunk(reached + 1).state == State::Abandoned) {
    reached = reached + 1;
  }
  return reached;
}

void Outstanding::restart(Tsn initial) {
  SendQueue& queue = *queue_;
  const std::uint64_t retransmitted = retransmitted_;
  *this = Outstanding{initial, queue};
  retransmitted_ = retransmitted;
}

}  // namespace duet::sctp
