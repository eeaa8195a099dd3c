// SPDX-License-Identifier: MIT
// Did you mean ...?
#include <duet/config/nearest.hpp>

#include <algorithm>
#include <array>

namespace duet::config {
namespace {

/// Options are shorter than this; it bounds what a hostile word costs.
constexpr std::size_t kLongest = 64;
/// Fewer characters in common at the start say nothing.
constexpr std::size_t kTellingPrefix = 3;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kLongest);
  b = b.substr(0, kLongest);
  using Row = std::array<std::size_t, kLongest + 1>;
  Row before_last{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = last;
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  const std::string* best = nullptr;
  // A third of the letters: of "-V", "-h" is no misspelling.
  std::size_t best_distance = word.size() / 3;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance > best_distance || (best != nullptr && distance == best_distance)) continue;
    best = &candidate;
    best_distance = distance;
  }
  if (best != nullptr) return *best;
  for (const std::string& candidate : candidates) {
    const std::size_t common = std::min(word.size(), candidate.size());
    if (common >= kTellingPrefix && word.substr(0, common) == candidate.substr(0, common))
      return candidate;
  }
  return std::nullopt;
}

}  // namespace duet::config
