// SPDX-License-Identifier: MIT
// Which TSNs have come (RFC 9260 §6.2).
#pragma once

#include <duet/sctp/types.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace duet::sctp {

/// The receiving end's memory of TSNs: everything up to cumulative(), and ranges beyond it.
class TsnTracker {
 public:
  struct Range {
    Tsn first;
    Tsn last;
  };

  /// Ranges beyond the cumulative TSN. A full window of 4 MB in packets of 1192 bytes has one at
  /// every eighth packet then; what would make one more is dropped and comes again.
  static constexpr std::size_t kMaxRanges = 512;
  /// Gap blocks count from the cumulative TSN in 16 bits (RFC 9260 §3.3.4).
  static constexpr std::int32_t kMaxAhead = 0xFFFF;
  /// Duplicates told in one SACK; more say nothing new.
  static constexpr std::size_t kMaxDuplicates = 8;

  explicit TsnTracker(Tsn initial) : cumulative_{initial - 1} {}

  enum class Kind : unsigned char { New, Duplicate, Refused };

  /// What `tsn` would be; notes a duplicate, and nothing else.
  Kind classify(Tsn tsn);

  /// One that classify() called New.
  void add(Tsn tsn);

  /// Nothing up to `cumulative` will come any more. Ranges that follow it are taken in.
  void forward(Tsn cumulative);

  Tsn cumulative() const { return cumulative_; }

  /// Ascending, and none next to another or to the cumulative TSN.
  std::span<const Range> ranges() const { return ranges_; }

  std::span<const Tsn> duplicates() const { return std::span{duplicates_}.first(duplicate_count_); }

  void clear_duplicates() { duplicate_count_ = 0; }

 private:
  void absorb();
  std::size_t position(Tsn tsn) const;

  Tsn cumulative_;
  std::vector<Range> ranges_;
  std::array<Tsn, kMaxDuplicates> duplicates_{};
  std::size_t duplicate_count_ = 0;
};

}  // namespace duet::sctp
