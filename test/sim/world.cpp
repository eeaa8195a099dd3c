// SPDX-License-Identifier: MIT
// Time that jumps from one event to the next.
#include "world.hpp"

#include <algorithm>
#include <cstdlib>

namespace duet::sim {

void World::flush() {
  for (const auto& [host, node] : nodes_) node->flush(now_, network_);
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
  for (const auto& [host, node] : nodes_) look(node->next_timeout());
  if (!actions_.empty()) look(actions_.begin()->first);
  return next;
}

void World::step() {
  while (!actions_.empty() && actions_.begin()->first <= now_) {
    const auto action = std::move(actions_.begin()->second);
    actions_.erase(actions_.begin());
    action();
  }
  while (auto event = network_.poll_event(now_)) {
    for (const auto& [host, node] : nodes_) {
      if (host != event->host) continue;
      node->handle_event(now_, *event);
      node->flush(now_, network_);
    }
  }
  for (const auto& [host, node] : nodes_) {
    const auto at = node->next_timeout();
    if (at && *at <= now_) node->handle_timeout(now_);
    node->flush(now_, network_);
  }
}

std::vector<std::uint64_t> seeds(std::size_t count) {
  if (const char* one = std::getenv("DUET_SEED")) return {std::strtoull(one, nullptr, 0)};
  if (const char* many = std::getenv("DUET_SEEDS")) count = std::strtoull(many, nullptr, 0);
  std::vector<std::uint64_t> seeds(count);
  for (std::size_t i = 0; i < count; ++i) seeds[i] = i + 1;
  return seeds;
}

std::string replay_hint(std::uint64_t seed) {
  return "replay: DUET_SEED=" + std::to_string(seed) + " and the same test";
}

}  // namespace duet::sim
