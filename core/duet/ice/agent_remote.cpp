// SPDX-License-Identifier: MIT
// An ICE agent: the peer's candidates, pairs with them, and restarts.
#include <duet/ice/agent.hpp>

#include <algorithm>
#include <utility>

namespace duet::ice {

const RemoteCandidate* Agent::find_remote(CandidateId id) const {
  for (const RemoteCandidate& remote : current_.remotes) {
    if (remote.id == id) return &remote;
  }
  return nullptr;
}

/// The same number for the same text, which is all that foundations are for.
std::uint32_t Agent::remote_foundation(const std::string& text) const {
  for (const RemoteCandidate& remote : current_.remotes) {
    if (remote.candidate.foundation == text) return remote.foundation;
  }
  return last_id_ + 1;  // of the candidate that is made now
}

/// RFC 8863 §4: the time to give up begins when there is something to check, and with each
/// candidate anew where nobody said which is the last one (RFC 8838 §8.2).
void Agent::begin_patience(Instant now) {
  if (!current_.remote) return;
  if (!current_.give_up || !current_.has_all_remotes) current_.give_up = now + kPatience;
}

bool Agent::set_remote_credentials(Instant now, const Credentials& credentials, bool is_lite) {
  if (is_closed_ || !credentials.is_acceptable()) return false;
  if (current_.remote == credentials) return true;
  if (current_.remote) restart(now);
  current_.remote = credentials;
  replaced_.reset();
  peer_is_lite_ = is_lite;
  // RFC 8445 §6.1.1: who isn't lite controls.
  if (is_lite && !config_.is_lite && role_ == Role::Controlled) set_role_now(Role::Controlling);
  if (!current_.heard_ufrag.empty() && current_.heard_ufrag != credentials.ufrag) {
    // Checks came of somebody who knew our password, and is not who the owner says.
    erase_pairs(current_, [](const Pair&) { return true; });
    std::erase_if(current_.remotes, [](const RemoteCandidate& remote) { return !remote.is_told; });
    form_pairs(now);
  }
  current_.heard_ufrag.clear();
  begin_patience(now);
  update(now);
  return true;
}

Result<CandidateId, AddError> Agent::add_remote_candidate(Instant now, const Candidate& told) {
  if (is_closed_) return fail(AddError::Closed);
  if (told.component != 1) return fail(AddError::OtherComponent);
  const auto ufrag = told.extension("ufrag");
  if (ufrag && current_.remote && *ufrag != current_.remote->ufrag) {
    return fail(AddError::OtherGeneration);
  }
  if (told.endpoint.port == 0) return fail(AddError::Unusable);
  if (told.is_named() && !is_mdns_name(told.name)) return fail(AddError::UnknownName);
  if (!told.is_named() && !is_allowed(told.endpoint.address)) return fail(AddError::Unusable);
  for (RemoteCandidate& known : current_.remotes) {
    const Candidate& candidate = known.candidate;
    const bool is_same = candidate.endpoint == told.endpoint && candidate.name == told.name &&
                         candidate.protocol == told.protocol && candidate.tcp_type == told.tcp_type;
    if (!is_same) continue;
    if (!known.is_told) merge(now, known, told);
    update(now);
    return known.id;
  }
  const auto told_before =
      static_cast<std::size_t>(std::count_if(current_.remotes.begin(), current_.remotes.end(),
                                             [](const auto& remote) { return remote.is_told; }));
  if (told_before >= config_.limits.remote_candidates) {
    drop(Drop::TooMany);
    return fail(AddError::TooMany);
  }
  const std::uint32_t foundation = remote_foundation(told.foundation);
  RemoteCandidate remote{CandidateId{++last_id_}, told, foundation, !told.is_named()};
  current_.remotes.push_back(remote);
  begin_patience(now);
  if (told.is_named()) {
    const auto asked = std::count_if(
        current_.remotes.begin(), current_.remotes.end(),
        [&](const RemoteCandidate& r) { return !r.is_resolved && r.candidate.name == told.name; });
    if (asked == 1) emit(ResolveWanted{told.name});
  } else if (needs_better(now)) {
    form_pairs_with(now, remote);
  }
  update(now);
  return remote.id;
}

/// What was found by a check is told now: the pair goes on under the priority that was meant.
/// If it turns out to be a relay's, something better may have been given up for it.
void Agent::merge(Instant now, RemoteCandidate& known, const Candidate& told) {
  const Endpoint endpoint = known.candidate.endpoint;
  known.candidate = told;
  known.candidate.endpoint = endpoint;
  known.is_told = true;
  for (const auto& pair : current_.checklist.pairs()) {
    if (pair->remote != known.id) continue;
    pair->is_relayed = pair->source.relay != RelayId{} || told.type == CandidateType::Relay;
    current_.checklist.set_remote_priority(*pair, told.priority, role_);
  }
  if (!needs_better(now)) return;
  current_.is_concluded = false;
  form_pairs(now);
}

void Agent::handle_resolved(Instant now, std::string_view name, std::optional<IpAddress> address) {
  if (is_closed_) return;
  const std::string wanted{name};
  const bool is_useful = address && is_allowed(*address);
  for (std::size_t i = 0; i < current_.remotes.size();) {
    RemoteCandidate& named = current_.remotes[i];
    if (named.is_resolved || named.candidate.name != wanted) {
      ++i;
      continue;
    }
    if (!is_useful) {
      current_.remotes.erase(current_.remotes.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    named.is_resolved = true;
    named.candidate.endpoint.address = *address;
    const auto found = std::find_if(
        current_.remotes.begin(), current_.remotes.end(), [&](const RemoteCandidate& remote) {
          return !remote.is_told && remote.candidate.endpoint == named.candidate.endpoint &&
                 remote.candidate.protocol == named.candidate.protocol;
        });
    if (found != current_.remotes.end()) {
      const RemoteCandidate told = named;
      merge(now, *found, told.candidate);
      std::erase_if(current_.remotes,
                    [&](const RemoteCandidate& remote) { return remote.id == told.id; });
      continue;
    }
    const RemoteCandidate resolved = named;
    if (needs_better(now)) form_pairs_with(now, resolved);
    ++i;
  }
  update(now);
}

void Agent::end_of_remote_candidates(Instant now) {
  current_.has_all_remotes = true;
  begin_patience(now);
  update(now);
}

void Agent::form_pairs(Instant now) {
  for (const RemoteCandidate& remote : current_.remotes) form_pairs_with(now, remote);
}

void Agent::form_pairs_with(Instant now, const RemoteCandidate& remote) {
  if (!remote.is_resolved || config_.is_lite) return;
  for (const LocalCandidate& local : locals_) {
    if (local.is_paired()) form_pair(now, local, remote, Source{});
  }
}

/// RFC 8445 §6.1.2.2, and RFC 6544 §6.2 of TCP: who listens waits to be connected to.
/// @param source  of a check that came in; empty for a pair of our own
Pair* Agent::form_pair(Instant now, const LocalCandidate& local, const RemoteCandidate& remote,
                       const Source& source) {
  const Candidate& theirs = remote.candidate;
  const Endpoint& to = theirs.endpoint;
  const bool is_ours = source == Source{};
  if (local.candidate.protocol != theirs.protocol) return nullptr;
  if (local.base.address.family() != to.address.family()) return nullptr;
  Pair pair;
  pair.source = source;
  pair.is_heard = !is_ours;
  if (is_ours) {
    if (local.base.address.is_loopback() != to.address.is_loopback()) return nullptr;
    if (theirs.protocol == Protocol::Tcp) {
      const bool is_open =
          local.candidate.tcp_type == TcpType::Active && theirs.tcp_type == TcpType::Passive;
      const bool is_known = std::any_of(
          current_.checklist.pairs().begin(), current_.checklist.pairs().end(),
          [&](const auto& p) { return p->local == local.id && p->remote == remote.id; });
      if (!is_open || is_known) return nullptr;
    } else {
      if (local.relay != RelayId{}) {
        pair.source.relay = local.relay;
      } else {
        pair.source.base = local.base;
      }
      if (current_.checklist.find(pair.source, to) != nullptr) return nullptr;
    }
  }
  pair.local = local.id;
  pair.remote = remote.id;
  pair.to = to;
  pair.foundation = static_cast<std::uint64_t>(local.foundation) << 32 | remote.foundation;
  pair.local_priority = local.candidate.priority;
  pair.remote_priority = theirs.priority;
  pair.is_udp = theirs.protocol == Protocol::Udp;
  pair.is_relayed = local.relay != RelayId{} || theirs.type == CandidateType::Relay;
  if (Relay* relay = find_relay(local.relay); relay != nullptr && relay->client) {
    const auto& permitted = relay->permitted;
    pair.is_ready = std::find(permitted.begin(), permitted.end(), to.address) != permitted.end();
    if (!relay->client->permit(now, to.address)) return nullptr;
  }
  Pair* formed = current_.checklist.add(std::move(pair), role_);
  if (formed == nullptr) {
    drop(Drop::TooMany);
    return nullptr;
  }
  emit(PairFormed{formed->id});
  return formed;
}

void Agent::set_role_now(Role role) {
  if (role == role_) return;
  role_ = role;
  current_.checklist.set_role(role);
  // Checks of the old role are given up, so that no late refusal changes the new one.
  for (const auto& pair : current_.checklist.pairs()) {
    if (!pair->check) continue;
    pair->cancelled = std::move(pair->check);
    pair->check.reset();
    pair->consent_due = Instant{};
    if (pair->state == PairState::InProgress) current_.checklist.trigger(*pair);
  }
  emit(RoleChanged{role});
}

void Agent::set_role(Instant now, Role role) {
  if (is_closed_) return;
  set_role_now(role);
  update(now);
}

void Agent::end_previous() {
  if (!previous_) return;
  erase_pairs(*previous_, [](const Pair&) { return true; });
  previous_.reset();
  previous_ends_.reset();
}

void Agent::restart(Instant now, std::optional<Credentials> credentials) {
  if (is_closed_) return;
  const std::uint32_t last_pair = current_.checklist.last_id();
  if (current_.selected) {
    // RFC 8445 §9: the pair in use carries on. What else there was, isn't checked any more.
    end_previous();
    erase_pairs(current_, [&](const Pair& pair) { return pair.id != current_.selected; });
    previous_ = std::make_unique<Generation>(std::move(current_));
  } else {
    erase_pairs(current_, [](const Pair&) { return true; });
    if (current_.remote) replaced_ = std::make_unique<Generation>(std::move(current_));
  }
  current_ = Generation{Checklist{config_.limits.pairs, last_pair}};
  current_.local = credentials ? *std::move(credentials) : Credentials::make(random_);
  std::erase_if(locals_, [&](const LocalCandidate& local) {
    return local.candidate.type == CandidateType::PeerReflexive;
  });
  for (const LocalCandidate& local : locals_) tell(local);
  for (Query& query : queries_) {
    query.request.reset();
    query.again = now;
    query.is_settled = false;
  }
  for (const LocalAddress& address : addresses_) {
    if (!config_.is_lite) ask_servers(now, address);
  }
  handle_query_timeouts(now);
  if (gathering_state_ == GatheringState::Complete) {
    gathering_state_ = GatheringState::Gathering;
    gathering_deadline_ = now + Check::kPatience;
    emit(GatheringStateChanged{gathering_state_});
  }
  update(now);
}

void Agent::cancel_restart(Instant now) {
  if (is_closed_ || current_.remote || (!replaced_ && !previous_)) return;
  erase_pairs(current_, [](const Pair&) { return true; });
  const std::uint32_t last_pair = current_.checklist.last_id();
  if (replaced_) {  // its pairs are checked from the beginning
    current_ = std::move(*replaced_);
    replaced_.reset();
    current_.give_up.reset();
    for (const RemoteCandidate& remote : current_.remotes) {
      if (!remote.is_resolved) emit(ResolveWanted{remote.candidate.name});
    }
  } else {
    current_ = std::move(*previous_);
    previous_.reset();
    previous_ends_.reset();
  }
  current_.checklist.skip_ids(last_pair);
  if (current_.checklist.pairs().empty()) {
    form_pairs(now);
    begin_patience(now);
  }
  update(now);
}

}  // namespace duet::ice
