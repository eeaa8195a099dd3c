// SPDX-License-Identifier: MIT
// What happens when nothing happens (RFC 9260 §6.3, §8).
#include <duet/sctp/association.hpp>

#include <algorithm>

namespace duet::sctp {

Duration Association::backed_off(Duration timeout) const {
  // kMaxRto is reached after seven doublings of the least there is.
  return std::min(timeout * (1 << std::min(backoff_, 10)), kMaxRto);
}

/// Counts a time-out; false if it was one too many, and all is over.
bool Association::count_timeout() {
  ++statistics_.timeouts;
  backoff_ = std::min(backoff_ + 1, 30);
  if (++timeouts_ <= kMaxTimeouts) return true;
  finish(Closed::Reason::TimedOut, {});
  return false;
}

void Association::arm_t3() {
  const bool probes_first = !was_probed_ && backoff_ == 0 && rtt_.is_known();
  t3_ = now_ + (probes_first ? rtt_.probe_timeout() : backed_off(rtt_.rto()));
}

void Association::handle_timeout(Instant now) {
  now_ = now;
  if (is_over_) return;
  const auto is_due = [&](const std::optional<Instant>& timer) { return timer && now_ >= *timer; };
  if (is_due(t1_)) handle_t1();
  if (is_due(t2_)) handle_t2();
  if (is_due(t3_)) handle_t3();
  if (is_over_) return;
  if (is_due(outstanding_.loss_time())) {
    const auto result = outstanding_.handle_loss_timeout(now_, rtt_);
    handle_losses(result.lost, result.first_lost);
  }
  if (is_due(reconfig_time_)) {
    reconfig_time_.reset();
    if (!reconfig_.is_unanswered() || !count_timeout()) return;
    reconfig_.handle_timeout();
  }
  if (is_due(heartbeat_time_)) handle_heartbeat_timeout();
  if (sack_ == SackNeed::Delayed && now_ >= sack_time_) sack_ = SackNeed::Now;
  path_.handle_timeout(now_);
}

void Association::handle_t1() {
  t1_.reset();
  if (!count_timeout()) return;
  is_setup_due_ = true;
  outstanding_.mark_all_lost();  // what went along with COOKIE ECHO goes along again
}

void Association::handle_t2() {
  t2_.reset();
  if (count_timeout()) is_shutdown_due_ = true;
}

void Association::handle_t3() {
  t3_.reset();
  if (outstanding_.empty()) return;
  const bool is_tail = !was_probed_ && backoff_ == 0 && rtt_.is_known();
  if (is_tail) {
    // Only the last packets may be missing, which no later one tells (RFC 8985 §7.3).
    was_probed_ = true;
    is_forward_due_ = true;
    may_probe_ = outstanding_.mark_newest_lost();
    return arm_t3();
  }
  if (!count_timeout()) return;
  congestion_.handle_timeout(next_packet_);
  outstanding_.mark_all_lost();
  is_forward_due_ = true;
  paced_until_ = {};
  if (path_.handle_black_hole(now_, timeouts_)) congestion_.set_packet_size(path_.current());
  arm_t3();
}

void Association::handle_heartbeat_timeout() {
  heartbeat_time_.reset();
  if (!is_connected()) return;
  if (heartbeat_) {  // the last one was not answered
    heartbeat_.reset();
    if (!count_timeout()) return;
  }
  // RFC 9260 §8.3: only an idle path needs one.
  if (outstanding_.empty()) {
    is_heartbeat_due_ = true;
    heartbeat_time_ = now_ + std::max<Duration>(backed_off(rtt_.rto()), 1s);
  } else {
    heartbeat_time_ = now_ + kHeartbeatInterval;
  }
}

std::optional<Instant> Association::next_timeout() const {
  if (is_over_) return std::nullopt;
  std::optional<Instant> next;
  const auto consider = [&](const std::optional<Instant>& timer) {
    if (timer && (!next || *timer < *next)) next = timer;
  };
  consider(t1_);
  consider(t2_);
  consider(t3_);
  consider(outstanding_.loss_time());
  consider(reconfig_time_);
  consider(heartbeat_time_);
  if (sack_ == SackNeed::Delayed) consider(sack_time_);
  if (is_connected()) consider(path_.next_timeout());
  if (is_limited_ && paced_until_ > now_) {
    consider(std::chrono::ceil<Duration>(paced_until_));
  }
  return next;
}

}  // namespace duet::sctp
