// SPDX-License-Identifier: MIT
// Nodes, their network and the time that passes between them.
#pragma once

#include "network.hpp"
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace duet::sim {

/// A program on a host: some machine of the core, driven.
class Node {
 public:
  Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  /// @param event  may be taken apart; it lives until flush()
  virtual void handle_event(Instant now, Event& event) = 0;
  virtual void handle_timeout(Instant now) = 0;
  virtual std::optional<Instant> next_timeout() const = 0;

  /// After each of the above: everything that waits to be sent goes into the network.
  virtual void flush(Instant now, Network& network) = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_{seed}, network_{random_} {}

  Random& random() { return random_; }

  Network& network() { return network_; }

  Instant now() const { return now_; }

  /// @param node  lives as long as the world runs
  void add(HostId host, Node& node) { nodes_.push_back({host, &node, std::nullopt}); }

  /// Does something in so long: moves a host, changes a link, hangs up.
  void in(Duration delay, std::function<void()> action) {
    actions_.emplace(now_ + delay, std::move(action));
  }

  /// Lets nodes send what was just asked of them from outside.
  void flush();

  /// Called whenever the time changes: for libraries that read a clock of their own.
  void on_time(std::function<void(Instant)> tell) { tell_ = std::move(tell); }

  /// @return whether it became true within `limit`
  bool run_until(const std::function<bool()>& condition, Duration limit);
  void run_for(Duration duration);

  std::uint64_t digest() const { return network_.digest(); }

 private:
  struct Place {
    HostId host;
    Node* node;
    std::optional<Instant> next;  // its timeout, as it was when it was last touched
  };

  void settle(Place& place);
  std::optional<Instant> next() const;
  void move_to(Instant at);
  void step();

  SeededRandom random_;
  Network network_;
  Instant now_{1h};  // not zero, so that no deadline is below it by chance
  std::vector<Place> nodes_;
  std::multimap<Instant, std::function<void()>> actions_;
  std::function<void(Instant)> tell_ = [](Instant) {};
};

/// The seeds of a test: `count` of them, or the one of DUET_SEED, or as many as DUET_SEEDS says.
std::vector<std::uint64_t> seeds(std::size_t count);

/// Where a test has many cases: the share of one of them, with seeds that no other case has. A
/// sweep of DUET_SEEDS takes as long for all of them as for one test elsewhere; DUET_SEED is every
/// case's.
std::vector<std::uint64_t> seeds(std::size_t count, std::size_t which, std::size_t cases);

/// "replay: DUET_SEED=0x2a ctest ..." for SCOPED_TRACE.
std::string replay_hint(std::uint64_t seed);

}  // namespace duet::sim
