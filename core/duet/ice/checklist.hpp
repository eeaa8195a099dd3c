// SPDX-License-Identifier: MIT
// The pairs of one agent and the order of their checks.
#pragma once

#include <duet/ice/config.hpp>
#include <duet/ice/pair.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace duet::ice {

/// RFC 8445 §6.1.2, §6.1.4 of an agent with one stream and one component. It knows no time and
/// sends nothing: who drives it takes next() when a check may be sent.
class Checklist {
 public:
  /// @param max_pairs  RFC 8445 §6.1.2.5
  /// @param last_id    the last handle that was given out before
  explicit Checklist(std::size_t max_pairs, std::uint32_t last_id = 0)
      : max_pairs_{max_pairs}, last_id_{last_id} {}

  std::uint32_t last_id() const { return last_id_; }

  /// No pair gets a handle up to this one.
  void skip_ids(std::uint32_t last) { last_id_ = std::max(last_id_, last); }

  /// Adds a pair, Waiting or Frozen as RFC 8838 §12 has it. Null if there are as many as may be,
  /// and no unused one that has failed or is of lower priority; of any priority where this one
  /// is_heard, since the peer knows that it leads somewhere.
  Pair* add(Pair pair, Role role);

  Pair* find(PairId id) const;
  /// By the way of packets.
  Pair* find(const Source& source, const Endpoint& remote) const;

  const std::vector<std::unique_ptr<Pair>>& pairs() const { return pairs_; }

  /// RFC 8445 §6.1.2.3: priorities depend on the role.
  void set_role(Role role);
  void set_remote_priority(Pair& pair, std::uint32_t priority, Role role);

  /// The pair to be checked next (RFC 8445 §6.1.4.2): the first of the triggered ones, else the
  /// highest Waiting, else the highest Frozen. It is taken from the queue, and left to the caller
  /// to be set In-Progress.
  ///
  /// Departs from RFC 8445 §6.1.4.2, where a Frozen pair waits until none of its foundation is in
  /// progress: without a second component nothing is saved by that, and a peer that gives all its
  /// candidates one foundation would have each of them wait for the last one's 8 s.
  Pair* next();
  bool has_next() const;

  /// RFC 8445 §7.3.1.4: to be checked before all others, and not twice.
  void trigger(Pair& pair);
  bool is_triggered(PairId id) const;

  /// Its check is no longer needed.
  void untrigger(PairId id) { std::erase(triggered_, id); }

  /// RFC 8445 §7.2.5.3.3: Frozen pairs of this foundation become Waiting.
  void unfreeze(std::uint64_t foundation);

  /// Forgets all pairs of which `is_unwanted` is true.
  void erase_if(const std::function<bool(const Pair&)>& is_unwanted);

  /// The valid pair of highest priority among those that `is_fit`.
  Pair* best_valid(const std::function<bool(const Pair&)>& is_fit) const;

  /// Whether a pair of higher priority may still succeed.
  bool has_pending_above(std::uint64_t priority) const;

  bool has_pending() const { return has_pending_above(0); }

 private:
  Pair* next_ordinary() const;
  const Pair* least_of_use() const;

  std::size_t max_pairs_;
  std::uint32_t last_id_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::vector<PairId> triggered_;  // in order; all of them are in pairs_
};

/// RFC 8445 §6.1.2.3, with our candidate as G or D by our role.
std::uint64_t priority_of(const Pair& pair, Role role);

}  // namespace duet::ice
