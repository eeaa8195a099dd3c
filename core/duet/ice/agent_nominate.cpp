// SPDX-License-Identifier: MIT
// An ICE agent: which pair is used, and what that makes of its state.
#include <duet/ice/agent.hpp>

#include <algorithm>

namespace duet::ice {
namespace {

/// Transmissions of a consent check without any answer, and nothing else heard, that make a path
/// doubtful: the last one is sent 2.75 s after the first (250, 500, 1000, 1000 ms). Where a tenth
/// of the round trips are lost, that happens by chance once in 25,000 checks: once in 35 hours.
constexpr int kMissed = 5;
/// Where the peer's payload comes by another pair meanwhile: it has left this one, as who loses an
/// address does, and waits for us there.
constexpr int kMissedElsewhere = 2;
/// What was heard before that says nothing: a last packet may arrive after the first of them left.
constexpr Duration kMissedAfter = 2750ms;

/// RFC 8445 §8.3.1: how long the old pair is listened to when another one was selected.
constexpr Duration kFarewell = 3s;

}  // namespace

bool Agent::is_answering(Instant now, const Pair& pair) const {
  if (config_.is_lite) return now < pair.answered + kLiteSilence;
  if (!pair.check || pair.check->kind() != Check::Kind::Consent) return true;
  if (pair.heard >= std::max(pair.check->began(), now - kMissedAfter)) return true;
  const int missed = pair.check->transmissions();
  return missed < kMissedElsewhere || (missed < kMissed && !speaks_elsewhere(pair));
}

/// Has payload come by other pairs since this one is in doubt?
bool Agent::speaks_elsewhere(const Pair& doubted) const {
  const auto& pairs = current_.checklist.pairs();
  return std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
    return pair.get() != &doubted && pair->counters.last_received > doubted.check->began();
  });
}

bool Agent::is_usable(Instant now, const Pair& pair) const {
  return pair.is_valid && now < pair.answered + kConsent && is_answering(now, pair);
}

/// How long better pairs are waited for when this one is the best that works.
///
/// Regular nomination (RFC 8445 §8.1.1) leaves the moment to us. Where nothing translates our
/// address, nothing better can come: at once. Behind a NAT the host candidates of the same network
/// may do better; their answer takes no longer than this pair's, so that two round trips are
/// enough. A relay or TCP is worth some more patience, and is left later if a direct path turns up.
Duration Agent::patience_for(const Pair& pair) const {
  const Duration round_trip = pair.round_trips.smoothed().value_or(config_.initial_rtt);
  if (!pair.is_direct()) return std::clamp<Duration>(3 * round_trip, 50ms, 500ms);
  const LocalCandidate* mapped = find_local(pair.mapped);
  const RemoteCandidate* remote = find_remote(pair.remote);
  const bool is_plain = mapped != nullptr && mapped->candidate.type == CandidateType::Host &&
                        remote != nullptr && remote->candidate.type == CandidateType::Host;
  return is_plain ? Duration{} : std::clamp<Duration>(2 * round_trip, 5ms, 100ms);
}

Pair* Agent::nominee(Instant now) const {
  if (role_ != Role::Controlling || !is_checking()) return nullptr;
  for (const auto& pair : current_.checklist.pairs()) {
    if (pair->check && pair->check->is_nominating()) return nullptr;  // one at a time
  }
  const Pair* selected = current_.selected_pair();
  // Departs from RFC 8445 §8.1.1, which has one nomination for good: a relay is left for a direct
  // path, and a pair that doesn't answer for one that did since.
  const bool is_lost = selected != nullptr && !is_answering(now, *selected);
  Pair* best = current_.checklist.best_valid([&](const Pair& pair) {
    const bool works = pair.state == PairState::Succeeded && is_usable(now, pair);
    return works && (!is_lost || pair.answered > selected->check->began());
  });
  if (best == nullptr || best == selected) return nullptr;
  if (selected == nullptr || is_lost) return best;
  return best->is_direct() && !selected->is_direct() ? best : nullptr;
}

void Agent::nominate(Instant now) {
  nominate_at_.reset();
  Pair* best = nominee(now);
  if (best == nullptr) return;
  const bool may_improve =
      !current_.selected && current_.checklist.has_pending_above(best->priority);
  const Instant due = best->first_valid + patience_for(*best);
  if (may_improve && now < due) {
    nominate_at_ = due;
    return;
  }
  start_check(now, *best, Check::Kind::Nominating);
}

void Agent::select(Instant now, Pair& pair) {
  pair.is_nominated = true;
  if (current_.selected == pair.id) return;
  current_.selected = pair.id;
  current_.lost.reset();
  if (previous_ && !previous_ends_) previous_ends_ = now + kFarewell;
  if (Relay* relay = find_relay(pair.source.relay); relay != nullptr && relay->client) {
    relay->client->bind(now, pair.to);
  }
  ++counters_.selections;
  emit(PairSelected{pair.id});
  if (pair.is_direct()) conclude();
}

/// RFC 8445 §8.1.2: what waits is given up. What has worked stays, to go back to.
void Agent::conclude() {
  current_.is_concluded = true;
  erase_pairs(current_, [&](const Pair& pair) {
    if (pair.id == current_.selected) return false;
    return !pair.is_udp || (!pair.is_valid && !pair.is_heard);
  });
}

bool Agent::needs_better(Instant now) const {
  const Pair* selected = current_.selected_pair();
  return selected == nullptr || !selected->is_direct() || !is_answering(now, *selected);
}

/// The selected pair is in doubt or gone: all other ways are tried again.
void Agent::handle_loss(Instant now) {
  current_.is_concluded = false;
  form_pairs(now);
  for (const auto& pair : current_.checklist.pairs()) {
    const bool is_idle = pair->state != PairState::InProgress && !pair->check;
    if (pair->id != current_.selected && is_idle) current_.checklist.trigger(*pair);
  }
  run_checks(now);
}

void Agent::update_sending(Instant now) {
  Pair* selected = current_.selected_pair();
  Pair* old = previous_ ? previous_->selected_pair() : nullptr;
  if (selected != nullptr && is_usable(now, *selected)) {
    sending_ = selected;
  } else if (old != nullptr && is_usable(now, *old)) {
    sending_ = old;
  } else if (Pair* best = current_.checklist.best_valid(
                 [&](const Pair& pair) { return is_usable(now, pair); })) {
    sending_ = best;
  } else {
    sending_ = selected != nullptr ? selected : old;
  }
}

State Agent::current_state(Instant now) const {
  const Checklist& checklist = current_.checklist;
  if (const Pair* selected = current_.selected_pair()) {
    if (!is_answering(now, *selected)) return State::Disconnected;
    const bool is_finished = current_.has_all_remotes && !checklist.has_pending() &&
                             gathering_state_ == GatheringState::Complete;
    return is_finished ? State::Completed : State::Connected;
  }
  const bool works = std::any_of(checklist.pairs().begin(), checklist.pairs().end(),
                                 [&](const auto& pair) { return is_usable(now, *pair); });
  if (works) return State::Connected;
  if (current_.lost) {
    return now < *current_.lost + kConsent ? State::Disconnected : State::Failed;
  }
  if (previous_ && !current_.remote) {
    // W3C: a restart is no change until the peer has answered it.
    const Pair* old = previous_->selected_pair();
    if (old == nullptr) return State::Failed;
    if (!is_answering(now, *old)) return State::Disconnected;
    return state_ == State::Completed ? State::Completed : State::Connected;
  }
  if (current_.give_up && now >= *current_.give_up && !checklist.has_pending()) {
    return State::Failed;
  }
  const bool has_begun = current_.remote && (!current_.remotes.empty() || current_.has_all_remotes);
  return has_begun || state_ != State::New ? State::Checking : State::New;
}

void Agent::update_state(Instant now) {
  const State next = current_state(now);
  if (next == state_) return;
  state_ = next;
  emit(StateChanged{next});
  if (next == State::Disconnected) handle_loss(now);
}

}  // namespace duet::ice
