// SPDX-License-Identifier: MIT
// An ICE agent: what it tells of itself.
#include <duet/ice/agent.hpp>

namespace duet::ice {

std::optional<Duration> Agent::round_trip() const {
  return sending_ != nullptr ? sending_->round_trips.smoothed() : std::nullopt;
}

std::vector<PairStats> Agent::pair_stats() const {
  std::vector<PairStats> stats;
  const auto add = [&](const Generation& generation) {
    for (const auto& pair : generation.checklist.pairs()) {
      const bool has_mapped = find_local(pair->mapped) != nullptr;
      stats.push_back({pair->id, has_mapped ? pair->mapped : pair->local, pair->remote, pair->state,
                       pair->priority, pair->is_nominated, pair.get() == sending_, pair->counters});
    }
  };
  add(current_);
  if (previous_) add(*previous_);
  return stats;
}

std::vector<CandidateStats> Agent::candidate_stats() const {
  std::vector<CandidateStats> stats;
  for (const LocalCandidate& local : locals_) {
    CandidateStats entry{.id = local.id,
                         .candidate = local.candidate,
                         .ufrag = current_.local.ufrag,
                         .server = local.server};
    for (const Relay& relay : relays_) {
      if (relay.id == local.relay) entry.relay = relay.carrier;
    }
    stats.push_back(std::move(entry));
  }
  const auto add = [&](const Generation& generation) {
    for (const RemoteCandidate& remote : generation.remotes) {
      stats.push_back({.id = remote.id,
                       .is_remote = true,
                       .candidate = remote.candidate,
                       .ufrag = generation.remote ? generation.remote->ufrag : std::string{}});
    }
  };
  add(current_);
  if (previous_) add(*previous_);
  return stats;
}

}  // namespace duet::ice
