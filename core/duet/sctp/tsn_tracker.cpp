// SPDX-License-Identifier: MIT
// Ranges of TSNs that came.
#include <duet/sctp/tsn_tracker.hpp>

#include <algorithm>
#include <iterator>

namespace duet::sctp {

/// The first range that ends at `tsn` or behind it.
std::size_t TsnTracker::position(Tsn tsn) const {
  // Most of what comes out of order comes at the end.
  if (ranges_.empty() || distance(ranges_.back().last, tsn) > 0) return ranges_.size();
  const auto found = std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return distance(range.last, tsn) > 0;
  });
  return static_cast<std::size_t>(found - ranges_.begin());
}

TsnTracker::Kind TsnTracker::classify(Tsn tsn) {
  const std::int32_t ahead = distance(cumulative_, tsn);
  if (ahead == 1) return Kind::New;
  if (ahead > kMaxAhead) return Kind::Refused;
  bool is_duplicate = ahead <= 0;
  if (!is_duplicate) {
    const std::size_t at = position(tsn);
    is_duplicate = at < ranges_.size() && distance(ranges_[at].first, tsn) >= 0;
    if (!is_duplicate) {
      const bool joins_before = at > 0 && ranges_[at - 1].last + 1 == tsn;
      const bool joins_behind = at < ranges_.size() && tsn + 1 == ranges_[at].first;
      if (joins_before || joins_behind || ranges_.size() < kMaxRanges) return Kind::New;
      return Kind::Refused;
    }
  }
  if (duplicate_count_ < kMaxDuplicates) duplicates_[duplicate_count_++] = tsn;
  return Kind::Duplicate;
}

void TsnTracker::add(Tsn tsn) {
  if (cumulative_ + 1 == tsn) {
    cumulative_ = tsn;
    absorb();
    return;
  }
  const std::size_t at = position(tsn);
  const bool joins_before = at > 0 && ranges_[at - 1].last + 1 == tsn;
  const bool joins_behind = at < ranges_.size() && tsn + 1 == ranges_[at].first;
  const auto here = ranges_.begin() + static_cast<std::ptrdiff_t>(at);
  if (joins_before && joins_behind) {
    ranges_[at - 1].last = ranges_[at].last;
    ranges_.erase(here);
  } else if (joins_before) {
    ranges_[at - 1].last = tsn;
  } else if (joins_behind) {
    ranges_[at].first = tsn;
  } else {
    ranges_.insert(here, Range{tsn, tsn});
  }
}

void TsnTracker::forward(Tsn cumulative) {
  if (distance(cumulative_, cumulative) <= 0) return;
  cumulative_ = cumulative;
  absorb();
}

void TsnTracker::absorb() {
  std::size_t gone = 0;
  while (gone < ranges_.size() && distance(cumulative_ + 1, ranges_[gone].first) <= 0) {
    if (distance(cumulative_, ranges_[gone].last) > 0) cumulative_ = ranges_[gone].last;
    ++gone;
  }
  ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(gone));
}

}  // namespace duet::sctp
