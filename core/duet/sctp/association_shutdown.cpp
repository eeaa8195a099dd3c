// SPDX-License-Identifier: MIT
// How an association ends (RFC 9260 §9).
#include <duet/sctp/association.hpp>

namespace duet::sctp {

void Association::close(Instant now) {
  now_ = now;
  if (is_over_ || state_ > State::Established) return;
  if (state_ != State::Established) {
    finish(Closed::Reason::Shutdown, {});
    return;
  }
  state_ = State::ShutdownPending;
  look_at_shutdown();
}

void Association::abort(Instant now, std::string_view text) {
  now_ = now;
  if (is_over_) return;
  fail_with(Closed::Reason::Aborted, Cause::UserInitiatedAbort, text);
}

/// Goes on once all that was sent has come.
void Association::look_at_shutdown() {
  const bool is_pending = state_ == State::ShutdownPending || state_ == State::ShutdownReceived;
  if (!is_pending || queue_.held() > 0 || !outstanding_.empty()) return;
  state_ = state_ == State::ShutdownPending ? State::ShutdownSent : State::ShutdownAckSent;
  is_shutdown_due_ = true;
  t3_.reset();
  heartbeat_time_.reset();
  timeouts_ = backoff_ = 0;
}

void Association::handle_shutdown(const Chunk& chunk) {
  if (!is_connected() || chunk.value.size() < 4) return;
  // It acknowledges as a SACK without gaps does, and tells no window.
  handle_sack({.cumulative = Tsn{load32(chunk.value.data())}, .window = peer_window_});
  if (is_over_) return;
  switch (state_) {
    case State::Established:
    case State::ShutdownPending:
      state_ = State::ShutdownReceived;
      break;
    case State::ShutdownSent:  // both at once
      state_ = State::ShutdownAckSent;
      is_shutdown_due_ = true;
      break;
    case State::ShutdownAckSent:
      is_shutdown_due_ = true;
      break;
    default:
      break;
  }
}

void Association::handle_shutdown_ack() {
  if (state_ != State::ShutdownSent && state_ != State::ShutdownAckSent) return;
  replies_.clear();
  reply(peer_tag_, ChunkType::ShutdownComplete, 0, {});
  finish(Closed::Reason::Shutdown, {});
}

}  // namespace duet::sctp
