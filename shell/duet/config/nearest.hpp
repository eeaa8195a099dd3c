// SPDX-License-Identifier: MIT
// Did you mean ...?
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::config {

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (the optimal
/// string alignment distance), in bytes. Of each word the first 64 bytes count.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, the first of equals; nothing if none is near enough to be what
/// was meant: within a third of the word's length, rounded up, or one of the two begins the other.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace duet::config
