// SPDX-License-Identifier: MIT
// The packets that were sent last, to be sent again.
#pragma once

#include <duet/rtp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::rtp {

/// Packets of one stream in the order of their numbers, in one ring of bytes. The oldest go when
/// there are too many, they take too much room, or they are too old. The ring begins small and
/// doubles while all that is in it is still wanted; after that nothing allocates.
class SendHistory {
 public:
  struct Limits {
    std::size_t packets = 2048;
    std::size_t bytes = 1'048'576;  ///< two seconds of 4 Mbit/s
    Duration age = 2s;              ///< NackList::kMaxAge: nobody asks for older ones
  };

  struct Entry {
    SequenceNumber sequence;
    Instant sent_at;  ///< the first time
    std::optional<Instant> resent_at;
    std::uint16_t resent = 0;  ///< times, both answers to one request being one
    std::uint8_t queued = 0;   ///< times that it is to be sent again
    std::uint32_t size = 0;
    std::size_t offset = 0;  ///< in the ring
  };

  SendHistory() : SendHistory(Limits{}) {}

  explicit SendHistory(const Limits& limits) : limits_{limits} {}

  /// Numbers that may be left out between two packets; after more the history begins anew.
  static constexpr int kMaxGap = 100;

  /// Keeps a copy of `packet`, whose number is higher than the last one's.
  void add(Instant now, SequenceNumber sequence, std::span<const std::byte> packet);

  /// The entry of this number, or nullptr. Valid until the next add() or clear().
  Entry* find(SequenceNumber sequence);

  /// The entry that was added `back` packets ago, 0 for the newest, or nullptr. Valid as find()'s.
  Entry* recent(std::size_t back);

  std::span<const std::byte> bytes(const Entry& entry) const {
    return std::span{ring_}.subspan(entry.offset, entry.size);
  }

  void clear();

  std::size_t packets() const { return count_; }

  /// Memory of the ring, which only grows.
  std::size_t capacity() const { return ring_.size(); }

 private:
  Entry& add_entry(Instant now, SequenceNumber sequence);

  Entry& entry(std::size_t index) { return entries_[(first_ + index) % entries_.size()]; }

  void drop_oldest();
  /// A place for `size` bytes in one piece, or nothing while older packets are in the way.
  std::optional<std::size_t> place(std::size_t size);
  void grow_ring(std::size_t size);
  void grow_entries();

  Limits limits_;
  std::vector<std::byte> ring_;
  std::vector<Entry> entries_;  // a ring as well
  std::size_t first_ = 0;       // the oldest entry's place
  std::size_t count_ = 0;
};

}  // namespace duet::rtp
