// SPDX-License-Identifier: MIT
// Time and states of connections to restarts, and to the end.
#include <duet/peer/recovery.hpp>

#include <algorithm>

namespace duet::peer {

void Recovery::handle_start(Instant now) {
  trouble_since_ = now;
  restart_at_.reset();
}

void Recovery::handle_replaced(Instant now) {
  if (!trouble_since_) trouble_since_ = now;
  restart_at_ = now + kRetry;
}

void Recovery::handle_connection(Instant now, ConnectionState state) {
  switch (state) {
    case ConnectionState::Connected:
      return handle_end();
    case ConnectionState::Disconnected:
      if (!trouble_since_) trouble_since_ = now;
      if (!restart_at_) restart_at_ = now + kGrace;
      return;
    case ConnectionState::Failed:
      if (!trouble_since_) trouble_since_ = now;
      // At once, but not again straight after one that has had no time to work.
      restart_at_ = last_restart_ ? std::max(now, *last_restart_ + kGrace) : now;
      return;
    case ConnectionState::New:
    case ConnectionState::Connecting:
    case ConnectionState::Closed:
      return;
  }
}

void Recovery::handle_signaling_up(Instant now) {
  is_heard_ = true;
  if (!trouble_since_) return;
  last_restart_ = now;
  restart_at_ = now + kRetry;
}

void Recovery::handle_end() {
  trouble_since_.reset();
  restart_at_.reset();
}

std::optional<Recovery::Action> Recovery::poll_action(Instant now) {
  if (!trouble_since_) return std::nullopt;
  if (now - *trouble_since_ >= patience_) {
    handle_end();
    return Action::GiveUp;
  }
  if (!is_heard_ || !restart_at_ || now < *restart_at_) return std::nullopt;
  last_restart_ = now;
  restart_at_ = now + kRetry;
  return Action::Restart;
}

std::optional<Instant> Recovery::next_timeout() const {
  if (!trouble_since_) return std::nullopt;
  const Instant end = *trouble_since_ + patience_;
  return is_heard_ && restart_at_ ? std::min(end, *restart_at_) : end;
}

}  // namespace duet::peer
