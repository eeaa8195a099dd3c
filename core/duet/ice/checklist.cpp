// SPDX-License-Identifier: MIT
// Pairs in the order of their checks.
#include <duet/ice/checklist.hpp>

#include <utility>

namespace duet::ice {

std::uint64_t priority_of(const Pair& pair, Role role) {
  return role == Role::Controlling ? pair_priority(pair.local_priority, pair.remote_priority)
                                   : pair_priority(pair.remote_priority, pair.local_priority);
}

Pair* Checklist::add(Pair pair, Role role) {
  pair.priority = priority_of(pair, role);
  if (pairs_.size() >= max_pairs_) {
    const Pair* given_up = least_of_use();
    if (given_up == nullptr) return nullptr;
    const bool is_worth_it =
        pair.is_heard || given_up->state == PairState::Failed || given_up->priority < pair.priority;
    if (!is_worth_it) return nullptr;
    erase_if([id = given_up->id](const Pair& p) { return p.id == id; });
  }
  // RFC 8445 §6.1.2.6: of each foundation the highest is Waiting; RFC 8838 §12 for what comes
  // later.
  pair.state = PairState::Waiting;
  for (const auto& known : pairs_) {
    if (known->foundation != pair.foundation) continue;
    if (known->state == PairState::Succeeded) {
      pair.state = PairState::Waiting;
      break;
    }
    if (known->state == PairState::InProgress) pair.state = PairState::Frozen;
    if (known->state != PairState::Waiting) continue;
    if (known->priority >= pair.priority || is_triggered(known->id)) {
      pair.state = PairState::Frozen;
    } else {
      known->state = PairState::Frozen;
    }
  }
  pair.id = PairId{++last_id_};
  return pairs_.emplace_back(std::make_unique<Pair>(std::move(pair))).get();
}

/// RFC 8445 §6.1.2.5: those of lowest priority go, and before them those that have failed. What has
/// worked, or is being tried, stays.
const Pair* Checklist::least_of_use() const {
  const Pair* least = nullptr;
  for (const auto& pair : pairs_) {
    if (pair->is_valid || pair->is_heard || pair->state == PairState::InProgress) continue;
    const bool has_failed = pair->state == PairState::Failed;
    const bool is_less = least == nullptr || (has_failed == (least->state == PairState::Failed)
                                                  ? pair->priority < least->priority
                                                  : has_failed);
    if (is_less) least = pair.get();
  }
  return least;
}

Pair* Checklist::find(PairId id) const {
  for (const auto& pair : pairs_) {
    if (pair->id == id) return pair.get();
  }
  return nullptr;
}

Pair* Checklist::find(const Source& source, const Endpoint& remote) const {
  for (const auto& pair : pairs_) {
    if (pair->source == source && pair->to == remote) return pair.get();
  }
  return nullptr;
}

void Checklist::set_role(Role role) {
  for (const auto& pair : pairs_) pair->priority = priority_of(*pair, role);
}

void Checklist::set_remote_priority(Pair& pair, std::uint32_t priority, Role role) {
  pair.remote_priority = priority;
  pair.priority = priority_of(pair, role);
}

Pair* Checklist::next_ordinary() const {
  Pair* best = nullptr;
  for (const auto& pair : pairs_) {
    const bool is_due = pair->state == PairState::Waiting || pair->state == PairState::Frozen;
    if (!is_due || !pair->is_ready) continue;
    const bool is_better =
        best == nullptr || (pair->state == best->state ? pair->priority > best->priority
                                                       : pair->state == PairState::Waiting);
    if (is_better) best = pair.get();
  }
  return best;
}

Pair* Checklist::next() {
  for (const PairId id : triggered_) {
    Pair* pair = find(id);
    if (!pair->is_ready) continue;
    std::erase(triggered_, id);
    return pair;
  }
  return next_ordinary();
}

bool Checklist::has_next() const {
  return next_ordinary() != nullptr || std::any_of(triggered_.begin(), triggered_.end(),
                                                   [&](PairId id) { return find(id)->is_ready; });
}

void Checklist::trigger(Pair& pair) {
  if (!is_triggered(pair.id)) triggered_.push_back(pair.id);
  pair.state = PairState::Waiting;
}

bool Checklist::is_triggered(PairId id) const {
  return std::find(triggered_.begin(), triggered_.end(), id) != triggered_.end();
}

void Checklist::unfreeze(std::uint64_t foundation) {
  for (const auto& pair : pairs_) {
    if (pair->foundation == foundation && pair->state == PairState::Frozen) {
      pair->state = PairState::Waiting;
    }
  }
}

void Checklist::erase_if(const std::function<bool(const Pair&)>& is_unwanted) {
  std::erase_if(pairs_, [&](const auto& pair) { return is_unwanted(*pair); });
  std::erase_if(triggered_, [&](PairId id) { return find(id) == nullptr; });
}

Pair* Checklist::best_valid(const std::function<bool(const Pair&)>& is_fit) const {
  Pair* best = nullptr;
  for (const auto& pair : pairs_) {
    if (!pair->is_valid || !is_fit(*pair)) continue;
    if (best == nullptr || pair->priority > best->priority) best = pair.get();
  }
  return best;
}

bool Checklist::has_pending_above(std::uint64_t priority) const {
  return std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) {
    return pair->is_pending() && pair->priority > priority;
  });
}

}  // namespace duet::ice
