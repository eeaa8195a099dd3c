// SPDX-License-Identifier: MIT
// Deadlines of many things, the earliest first.
#pragma once

#include <duet/base/time.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace duet {

/// A heap of (deadline, key). Entries are not removed when a deadline moves: who owns the key keeps
/// its true deadline, and looks at it when an entry comes due. 16 bytes an entry with an 8-byte
/// key.
template <class Key>
class TimerQueue {
 public:
  void push(Instant deadline, Key key) {
    heap_.push_back({deadline, key});
    std::push_heap(heap_.begin(), heap_.end(), later);
    earliest_ = heap_.front().deadline;
  }

  /// The same where keys come and go faster than their deadlines: whenever the queue has doubled,
  /// entries of keys that are not `alive` any more are thrown out, and their memory is given back.
  template <class IsAlive>
  void push(Instant deadline, Key key, IsAlive alive) {
    if (heap_.size() >= next_sweep_) {
      std::erase_if(heap_, [&](const Entry& entry) { return !alive(entry.key); });
      std::make_heap(heap_.begin(), heap_.end(), later);
      if (heap_.size() < heap_.capacity() / 4) heap_.shrink_to_fit();
      next_sweep_ = std::max(kFirstSweep, 2 * heap_.size());
    }
    push(deadline, key);
  }

  std::size_t size() const { return heap_.size(); }

  std::optional<Instant> next() const {
    if (heap_.empty()) return std::nullopt;
    return earliest_;
  }

  /// Takes the earliest entry out if it is due at `now`.
  std::optional<Key> pop(Instant now) {
    if (heap_.empty() || earliest_ > now) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Key key = heap_.back().key;
    heap_.pop_back();
    if (!heap_.empty()) earliest_ = heap_.front().deadline;
    return key;
  }

 private:
  struct Entry {
    Instant deadline;
    Key key;
  };

  static bool later(const Entry& a, const Entry& b) { return a.deadline > b.deadline; }

  static constexpr std::size_t kFirstSweep = 1024;

  std::vector<Entry> heap_;
  // Of front(), if there is one. Asked for with every input, when the heap has left the cache.
  Instant earliest_{};
  std::size_t next_sweep_ = kFirstSweep;
};

}  // namespace duet
