// SPDX-License-Identifier: MIT
// Time that jumps from one event to the next.
#include "world.hpp"

#include <algorithm>
#include <cstdlib>

namespace duet::sim {

void World::flush() {
  for (Place& place : nodes_) settle(place);
}

void World::settle(Place& place) {
  place.node->flush(now_, network_);
  place.next = place.node->next_timeout();
}

bool World::run_until(const std::function<bool()>& condition, Duration limit) {
  const Instant end = now_ + limit;
  flush();
  while (!condition()) {
    const auto at = next();
    if (!at || *at > end) {
      move_to(end);
      return false;
    }
    move_to(std::max(now_, *at));
    step();
  }
  return true;
}

void World::move_to(Instant at) {
  now_ = at;
  tell_(at);
}

void World::run_for(Duration duration) {
  run_until([] { return false; }, duration);
}

std::optional<Instant> World::next() const {
  std::optional<Instant> next = network_.next_timeout();
  const auto look = [&next](std::optional<Instant> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  for (const Place& place : nodes_) look(place.next);
  if (!actions_.empty()) look(actions_.begin()->first);
  return next;
}

void World::step() {
  const bool has_action = !actions_.empty() && actions_.begin()->first <= now_;
  while (!actions_.empty() && actions_.begin()->first <= now_) {
    const auto action = std::move(actions_.begin()->second);
    actions_.erase(actions_.begin());
    action();
  }
  if (has_action) flush();  // whichever it touched
  while (auto event = network_.poll_event(now_)) {
    for (Place& place : nodes_) {
      if (place.host != event->host) continue;
      place.node->handle_event(now_, *event);
      settle(place);
    }
  }
  for (Place& place : nodes_) {
    if (!place.next || *place.next > now_) continue;
    place.node->handle_timeout(now_);
    settle(place);
  }
}

std::vector<std::uint64_t> seeds(std::size_t count) {
  if (const char* one = std::getenv("DUET_SEED")) return {std::strtoull(one, nullptr, 0)};
  if (const char* many = std::getenv("DUET_SEEDS")) count = std::strtoull(many, nullptr, 0);
  std::vector<std::uint64_t> seeds(count);
  for (std::size_t i = 0; i < count; ++i) seeds[i] = i + 1;
  return seeds;
}

std::vector<std::uint64_t> seeds(std::size_t count, std::size_t which, std::size_t cases) {
  if (std::getenv("DUET_SEED")) return seeds(count);
  if (std::getenv("DUET_SEEDS")) count = seeds(count).size() / cases + 1;
  std::vector<std::uint64_t> share(count);
  for (std::size_t i = 0; i < count; ++i) share[i] = 1 + which + i * cases;
  return share;
}

std::string replay_hint(std::uint64_t seed) {
  return "replay: DUET_SEED=" + std::to_string(seed) + " and the same test";
}

}  // namespace duet::sim
